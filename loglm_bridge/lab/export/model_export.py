"""Trained torch modules in serving arithmetic: the encoder as ONNX, the nets of the heads as integer tables."""

from __future__ import annotations

import numpy as np
from scipy.linalg import block_diag
from torch import nn

from loglm_bridge.lab.export.onnx_graph import encoder_graph
from loglm_bridge.lab.train.encoder import EventEncoder
from loglm_bridge.lab.train.heads import Ensemble
from loglm_bridge.model.classifier.exact_matmul import LEVELS, Linear
from loglm_bridge.model.classifier.head_net import Net


def to_onnx(encoder: EventEncoder) -> bytes:
    """Return the encoder as the content of `event.onnx`."""
    weights = {name: value.detach().numpy() for name, value in encoder.state_dict().items()}
    return encoder_graph(encoder.shape, encoder.pad, weights)


def to_net(trained: Ensemble) -> Net:
    """Return trained nets as one net: their bags and hidden units side by side, their logits averaged."""
    members = [_arrays(member) for member in trained.members]
    table = np.concatenate([m["table.weight"] for m in members], axis=1)
    scales = (np.maximum(np.abs(table).max(axis=0), 1e-8) / LEVELS).astype(np.float32)
    width = len(members[0]["centre"])
    vectors = np.concatenate([m["hidden.weight"][:, :width] for m in members])
    bags = block_diag(*(m["hidden.weight"][:, width:] for m in members))
    out = np.concatenate([m["out.weight"] for m in members], axis=1) / len(members)
    return Net(
        table=np.rint(table / scales).astype(np.int8),
        table_scales=scales,
        centre=members[0]["centre"],
        spread=members[0]["spread"],
        hidden=Linear.quantised(
            np.concatenate([vectors, bags], axis=1).T, np.concatenate([m["hidden.bias"] for m in members])
        ),
        out=Linear.quantised(out.T, np.mean([m["out.bias"] for m in members], axis=0)),
    )


def _arrays(member: nn.Module) -> dict[str, np.ndarray]:
    arrays = {name: value.detach().numpy().copy() for name, value in member.state_dict().items()}
    if not member.uses_vector:
        arrays["hidden.weight"][:, : len(arrays["centre"])] = 0.0
    return arrays
