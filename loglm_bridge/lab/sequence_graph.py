"""The sequence encoder as an ONNX graph, in the same exact arithmetic as the event encoder's (onnx_graph.py)."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto, helper

from loglm_bridge.lab.encoder import EncoderShape
from loglm_bridge.lab.onnx_graph import ROW_LEVELS, Builder, Weights, check_sums
from loglm_bridge.model.steps import MARKS


def sequence_graph(shape: EncoderShape, weights: Weights) -> bytes:
    """Return the serialised model: inputs `vectors` (windows, steps, width) float32 and `marks` (windows, steps, marks)
    int64 -> `logits` (windows, steps, outputs) float32.

    `weights` are the encoder's named parameters as float32 arrays.

    Raises:
        ValueError: sums of so many terms would not be exact.
    """
    check_sums(shape)
    graph = Builder(weights)
    first = graph.constant("first_mark", 0, np.int64)
    graph.mask(graph.node("Gather", ["marks", first], axis=2), pad=0)
    x = graph.normed_linear("inlet", "norm_inlet", "vectors")
    for place in range(len(MARKS)):  # one after the other: a sum's order would show
        column = graph.node("Gather", ["marks", graph.constant(f"mark_{place}", place, np.int64)], axis=2)
        x = graph.node("Add", [x, graph.table("marks.weight", column)])
    for layer in range(shape.layers):
        x = graph.block(f"blocks.{layer}", x, shape)
    inner = graph.node("Relu", [graph.normed_linear("hidden", "norm", x)])
    graph.linear("out", inner, 2 * ROW_LEVELS, 0, "logits")
    inputs = [
        helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["windows", "steps", shape.width]),
        helper.make_tensor_value_info("marks", TensorProto.INT64, ["windows", "steps", len(MARKS)]),
    ]
    outputs = int(weights["out.bias"].shape[0])
    output = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["windows", "steps", outputs])
    return graph.model("sequence_encoder", inputs, output)
