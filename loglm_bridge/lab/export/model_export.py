"""Stage `export`: trained parts to a sealed model folder."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.linalg import block_diag
from torch import nn

from loglm_bridge.contract.event import Event
from loglm_bridge.lab.export.onnx_graph import encoder_graph
from loglm_bridge.lab.train.encoder import EventEncoder
from loglm_bridge.lab.train.heads import Ensemble
from loglm_bridge.model.classifier.exact_matmul import LEVELS, Linear
from loglm_bridge.model.classifier.heads import Heads, Net
from loglm_bridge.model.classifier.neighbours import Neighbours
from loglm_bridge.model.features.rule_matcher import RuleMatcher
from loglm_bridge.model.folder import model_folder
from loglm_bridge.model.folder import self_test_events as golden_events
from loglm_bridge.model.labeller import Labeller


def session(encoder: EventEncoder) -> bytes:
    """Return the encoder as the bytes of `event.onnx`."""
    weights = {name: value.detach().numpy() for name, value in encoder.state_dict().items()}
    return encoder_graph(encoder.shape, encoder.pad, weights)


def net(trained: Ensemble) -> Net:
    """Return trained nets as one in serving arithmetic: bags and hidden units side by side, logits averaged."""
    members = [_arrays(member) for member in trained.members]
    table = np.concatenate([m["table.weight"] for m in members], axis=1)
    scales = (np.maximum(np.abs(table).max(axis=0), 1e-8) / LEVELS).astype(np.float32)
    width = len(members[0]["centre"])
    seen = np.concatenate([m["hidden.weight"][:, :width] for m in members])
    bags = block_diag(*(m["hidden.weight"][:, width:] for m in members))
    out = np.concatenate([m["out.weight"] for m in members], axis=1) / len(members)
    return Net(
        table=np.rint(table / scales).astype(np.int8),
        table_scales=scales,
        centre=members[0]["centre"],
        spread=members[0]["spread"],
        hidden=Linear.quantised(
            np.concatenate([seen, bags], axis=1).T, np.concatenate([m["hidden.bias"] for m in members])
        ),
        out=Linear.quantised(out.T, np.mean([m["out.bias"] for m in members], axis=0)),
    )


def _arrays(member: nn.Module) -> dict[str, np.ndarray]:
    arrays = {name: value.detach().numpy().copy() for name, value in member.state_dict().items()}
    if not member.sees:
        arrays["hidden.weight"][:, : len(arrays["centre"])] = 0.0
    return arrays


def seal(
    folder: Path,
    tokenizer: Path,
    encoders: Mapping[str, bytes],
    heads: Heads,
    signatures: RuleMatcher,
    neighbours: Neighbours,
    context: Mapping[str, bytes],
    golden: Sequence[Event],
    card: str,
    name: str,
    version: str,
    details: Mapping[str, Any],
) -> model_folder.ModelFolder:
    """Write a model folder and its manifest.

    `encoders` are the event encoders by profile, `context` the files of the trees of flows by name. `golden` are the
    events that the model's self-test answers again at every start.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copyfile(tokenizer, folder / model_folder.TOKENIZER)
    for profile, encoder in encoders.items():
        (folder / model_folder.PROFILES[profile]).write_bytes(encoder)
    tensors, config = heads.dump()
    (folder / model_folder.HEADS).write_bytes(tensors)
    (folder / model_folder.HEADS_CONFIG).write_text(config, encoding="utf-8")
    if signatures.count:
        tensors, rules = signatures.dump()
        (folder / model_folder.SIGNATURES).write_bytes(tensors)
        (folder / model_folder.SIGNATURE_RULES).write_text(rules, encoding="utf-8")
    if neighbours.recordings:
        tensors, names = neighbours.dump()
        (folder / model_folder.NEIGHBOURS).write_bytes(tensors)
        (folder / model_folder.NEIGHBOUR_NAMES).write_text(names, encoding="utf-8")
    for name_, data in context.items():
        (folder / name_).write_bytes(data)
    (folder / model_folder.CARD).write_text(card, encoding="utf-8")
    (folder / model_folder.GOLDEN).write_text("[]", encoding="utf-8")
    sealed = model_folder.write_manifest(folder, name, version, details)
    labels = {profile: Labeller(sealed, profile=profile).label_afresh for profile in encoders}
    rows = golden_events.rows(golden, labels)
    (folder / model_folder.GOLDEN).write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return model_folder.write_manifest(folder, name, version, details)
