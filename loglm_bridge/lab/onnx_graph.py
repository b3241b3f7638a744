"""The event encoder as an ONNX graph, int8, whose answer for an event never depends on its batch.

Activations are quantised row by row (one scale per token) with operators whose rows do not see each other, weights per
output channel to 7 bits: products of 8-bit and 7-bit integers add up exactly on every instruction set, also where the
kernel's 16-bit sums would saturate with 8-bit weights. ONNX Runtime's own dynamic quantisation takes one scale for a
whole batch, so there an event's neighbours would change its bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from loglm_bridge.lab.encoder import EncoderShape

_OPSET = 20
_ROW_LEVELS = 127.0
_WEIGHT_LEVELS = 63.0

Weights = dict[str, np.ndarray]


def encoder_graph(shape: EncoderShape, pad: int, weights: Weights) -> bytes:
    """Return the serialised model: inputs `ids`, `fields` (events, tokens) int64 -> `vector` (events, width) float32.

    `weights` are the encoder's named parameters as float32 arrays.
    """
    graph = _Builder(weights)
    kept = graph.mask(pad)
    x = graph.embed()
    for layer in range(shape.layers):
        x = graph.block(f"blocks.{layer}", x, shape)
    graph.pool(graph.norm("norm", x), kept)
    return graph.model()


class _Builder:
    """Collects nodes and initialisers; every method adds nodes and returns the name of their output."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.tensors: dict[str, np.ndarray] = {}
        self.count = 0

    def node(self, op: str, inputs: Sequence[str], output: str = "", **attributes: Any) -> str:
        """Add a node and return the name of its output."""
        self.count += 1
        output = output or f"{op.lower()}_{self.count}"
        self.nodes.append(helper.make_node(op, list(inputs), [output], **attributes))
        return output

    def constant(self, name: str, value: Any, dtype: Any) -> str:
        """Add an initialiser, once for each name, and return the name."""
        self.tensors.setdefault(name, np.asarray(value, dtype=dtype))
        return name

    def mask(self, pad: int) -> str:
        """1.0 where a token is -> (events, 1, tokens); also adds the attention bias `bias`."""
        none = self.node("Equal", ["ids", self.constant("pad", pad, np.int64)])
        zero, low = self.constant("zero", 0.0, np.float32), self.constant("low", -1e9, np.float32)
        bias = self.node("Where", [none, low, zero])
        self.node("Unsqueeze", [bias, self.constant("axes12", [1, 2], np.int64)], "bias")
        kept = self.node("Cast", [self.node("Not", [none])], to=TensorProto.FLOAT)
        return self.node("Unsqueeze", [kept, self.constant("axis1", [1], np.int64)])

    def embed(self) -> str:
        """Sum of token, field and position embeddings."""
        tokens = self._table("tokens.weight", "ids")
        fields = self._table("fields.weight", "fields")
        length = self.node("Shape", ["ids"], start=1, end=2)
        positions = self.constant("positions", self.weights["positions.weight"], np.float32)
        start, axis = self.constant("start", [0], np.int64), self.constant("axis0", [0], np.int64)
        rows = self.node("Slice", [positions, start, length, axis])
        return self.node("Add", [self.node("Add", [tokens, fields]), rows])

    def block(self, name: str, x: str, shape: EncoderShape) -> str:
        """One transformer block."""
        mixed = self._attention(name, self.norm(f"{name}.norm_attention", x), shape)
        x = self.node("Add", [x, mixed])
        inner = self._linear(f"{name}.up", self.norm(f"{name}.norm_inner", x))
        return self.node("Add", [x, self._linear(f"{name}.down", self.node("Gelu", [inner]))])

    def norm(self, name: str, x: str) -> str:
        """Layer normalisation over the last axis."""
        scale = self.constant(f"{name}.weight", self.weights[f"{name}.weight"], np.float32)
        bias = self.constant(f"{name}.bias", self.weights[f"{name}.bias"], np.float32)
        return self.node("LayerNormalization", [x, scale, bias], axis=-1, epsilon=1e-5)

    def pool(self, states: str, kept: str) -> str:
        """Mean over the tokens of each event.

        As a product with the mask: ReduceSum adds in an order that depends on how many events there are.
        """
        axis = self.constant("axis1", [1], np.int64)
        total = self.node("Squeeze", [self.node("MatMul", [kept, states]), axis])
        count = self.node("ReduceSum", [kept, self.constant("axis2", [2], np.int64)], keepdims=0)
        return self.node("Div", [total, count], "vector")

    def model(self) -> bytes:
        """Serialise the graph."""
        inputs = [helper.make_tensor_value_info(n, TensorProto.INT64, ["events", "tokens"]) for n in ("ids", "fields")]
        width = int(self.weights["norm.weight"].shape[0])
        output = helper.make_tensor_value_info("vector", TensorProto.FLOAT, ["events", width])
        tensors = [numpy_helper.from_array(value, name) for name, value in self.tensors.items()]
        graph = helper.make_graph(self.nodes, "event_encoder", inputs, [output], tensors)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=10)
        onnx.checker.check_model(model, full_check=True)
        data: bytes = model.SerializeToString(deterministic=True)
        return data

    def _table(self, name: str, index: str) -> str:
        table = self.weights[name]
        scale = np.maximum(np.abs(table).max(axis=1, keepdims=True), 1e-8) / _ROW_LEVELS
        levels = self.constant(f"{name}.levels", np.rint(table / scale), np.int8)
        scales = self.constant(f"{name}.scales", scale, np.float32)
        rows = self.node("Cast", [self.node("Gather", [levels, index])], to=TensorProto.FLOAT)
        return self.node("Mul", [rows, self.node("Gather", [scales, index])])

    def _linear(self, name: str, x: str) -> str:
        weight = self.weights[f"{name}.weight"].T
        scale = np.maximum(np.abs(weight).max(axis=0), 1e-8) / _WEIGHT_LEVELS
        levels = self.constant(f"{name}.levels", np.rint(weight / scale), np.int8)
        last = self.constant("axis_last", [-1], np.int64)
        largest = self.node("ReduceMax", [self.node("Abs", [x]), last], keepdims=1)
        floor = self.node("Max", [largest, self.constant("tiny", 1e-8, np.float32)])
        step = self.node("Div", [floor, self.constant("row_levels", _ROW_LEVELS, np.float32)])
        centred = self.node(
            "Add", [self.node("Round", [self.node("Div", [x, step])]), self.constant("centre", 128.0, np.float32)]
        )
        rows = self.node("Cast", [centred], to=TensorProto.UINT8)
        zero_points = self.constant("row_zero", 128, np.uint8), self.constant("weight_zero", 0, np.int8)
        total = self.node("Cast", [self.node("MatMulInteger", [rows, levels, *zero_points])], to=TensorProto.FLOAT)
        scales = self.constant(f"{name}.scales", scale, np.float32)
        scaled = self.node("Mul", [self.node("Mul", [total, step]), scales])
        return self.node("Add", [scaled, self.constant(f"{name}.bias", self.weights[f"{name}.bias"], np.float32)])

    def _attention(self, name: str, x: str, shape: EncoderShape) -> str:
        size = shape.width // shape.heads
        split = self.constant("split_heads", [0, 0, 3, shape.heads, size], np.int64)
        parts = self.node("Reshape", [self._linear(f"{name}.qkv", x), split])
        turned = self.node("Transpose", [parts], perm=[2, 0, 3, 1, 4])
        first = self.constant("axis0", [0], np.int64)
        q, k, v = (
            self.node(
                "Squeeze", [self.node("Gather", [turned, self.constant(f"part{i}", [i], np.int64)], axis=0), first]
            )
            for i in range(3)
        )
        scores = self.node("MatMul", [q, self.node("Transpose", [k], perm=[0, 1, 3, 2])])
        scaled = self.node("Mul", [scores, self.constant("head_scale", size**-0.5, np.float32)])
        weights = self.node("Softmax", [self.node("Add", [scaled, "bias"])], axis=-1)
        mixed = self.node("Transpose", [self.node("MatMul", [weights, v])], perm=[0, 2, 1, 3])
        joined = self.node("Reshape", [mixed, self.constant("join_heads", [0, 0, shape.width], np.int64)])
        return self._linear(f"{name}.out", joined)
