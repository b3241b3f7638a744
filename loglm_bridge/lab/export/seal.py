"""The parts of a model to a sealed model folder: files, golden answers, manifest. Needs no training library."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from loglm_bridge.contract.event import Event
from loglm_bridge.model.classifier.heads import Heads
from loglm_bridge.model.classifier.neighbours import Neighbours
from loglm_bridge.model.features.rule_matcher import RuleMatcher
from loglm_bridge.model.folder import model_folder
from loglm_bridge.model.folder import self_test_events as golden_events
from loglm_bridge.model.labeller import Labeller


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
    labels = {profile: Labeller(sealed, profile=profile).label_uncached for profile in encoders}
    rows = golden_events.rows(golden, labels)
    (folder / model_folder.GOLDEN).write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return model_folder.write_manifest(folder, name, version, details)
