"""The event encoder as an ONNX graph with the same output bytes on every machine, in any batch, padded or not.

Every sum is a sum of integers that float32 or int32 represents exactly, so the order of additions in a kernel has no
effect. Everything else is one correctly rounded operation for each element (IEEE 754: + - * / sqrt, round to even).
Therefore
- activations are quantised row by row to 8 bits, weights per output channel to 7 (sums of their products do not
  saturate on instruction sets with 16-bit sums);
- norms are root mean squares of the quantised row, folded into the following product;
- a sum is scaled by the node that computes it (MatMulIntegerToFloat without a bias: one conversion, one product);
- attention uses relu(1 + t / 32) ** 32 for exp(t), in 255 levels, over values quantised per channel.
The dynamic quantisation of ONNX Runtime takes one scale for a whole batch, and its softmax, GELU and layer norm differ
in the last bits between instruction sets.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from loglm_bridge.lab.train.encoder import EncoderShape

_OPSET = 20

#: Largest absolute integers of quantised activations, weights, attention weights, and pooled states.
_ROW_LEVELS = 127.0
_WEIGHT_LEVELS = 63.0
_ATTENTION_LEVELS = 255.0
_POOL_LEVELS = 32767.0

#: relu(1 + t / 2**5) ** 2**5 approximates exp(t).
_SQUARINGS = 5

Weights = dict[str, np.ndarray]


def encoder_graph(shape: EncoderShape, pad: int, weights: Weights) -> bytes:
    """Return the serialised model: inputs `ids`, `fields` (events, tokens) int64 -> `vector` (events, width) float32.

    `weights` are the parameters of the encoder by name, as float32 arrays.

    Raises:
        ValueError: the sums would have too many terms to be exact.
    """
    _check_sums(shape)
    graph = _GraphBuilder(weights)
    graph.mask("ids", pad)
    x = graph.embed()
    for layer in range(shape.layers):
        x = graph.block(f"blocks.{layer}", x, shape)
    graph.pool(x, shape.outputs)
    inputs = [helper.make_tensor_value_info(n, TensorProto.INT64, ["events", "tokens"]) for n in ("ids", "fields")]
    output = helper.make_tensor_value_info("vector", TensorProto.FLOAT, ["events", shape.outputs or shape.width])
    return graph.model("event_encoder", inputs, output)


def _check_sums(shape: EncoderShape) -> None:
    """Raise ValueError if sums would have too many terms to be exact in float32."""
    if 2 * _ROW_LEVELS * _WEIGHT_LEVELS * max(shape.inner, shape.width) >= 1 << 24:
        raise ValueError(f"width {shape.width}, inner {shape.inner}: at most 1048 terms add up exactly")


class _GraphBuilder:
    """Collects nodes and initialisers. Its methods add nodes and return the names of their outputs."""

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

    def number(self, value: float) -> str:
        """Return the name of a float32 scalar."""
        return self.constant(f"number_{value!r}", value, np.float32)

    def axis(self, *axes: int) -> str:
        """Return the name of a list of axes."""
        return self.constant("axes" + "_".join(map(str, axes)), axes, np.int64)

    def mask(self, ids: str, pad: int) -> None:
        """Add `kept` (events, tokens, 1), 1 for a token, and `bias` (events, 1, 1, tokens), -1e9 for padding."""
        padding = self.node("Equal", [ids, self.constant("pad", pad, np.int64)])
        self.node(
            "Unsqueeze", [self.node("Where", [padding, self.number(-1e9), self.number(0.0)]), self.axis(1, 2)], "bias"
        )
        tokens = self.node("Cast", [self.node("Not", [padding])], to=TensorProto.FLOAT)
        self.node("Unsqueeze", [tokens, self.axis(2)], "kept")

    def embed(self) -> str:
        """Add the sum of token, field and position embeddings."""
        tokens = self.table("tokens.weight", "ids")
        fields = self.table("fields.weight", "fields")
        length = self.node("Shape", ["ids"], start=1, end=2)
        positions = self.constant("positions", self.weights["positions.weight"], np.float32)
        rows = self.node("Slice", [positions, self.axis(0), length, self.constant("first", [0], np.int64)])
        return self.node("Add", [self.node("Add", [tokens, fields]), rows])

    def block(self, name: str, x: str, shape: EncoderShape) -> str:
        """Add a transformer block."""
        x = self.node("Add", [x, self._attention(name, x, shape)])
        inner = self.node("Relu", [self.normed_linear(f"{name}.up", f"{name}.norm_inner", x)])
        return self.node("Add", [x, self.linear(f"{name}.down", inner, 2 * _ROW_LEVELS, 0)])

    def pool(self, x: str, outputs: int) -> None:
        """Add the mean of the normed states over the tokens of each event, in 16 bits, and the output layer."""
        rows, _ = self.quantised(x, _ROW_LEVELS)
        gain = self.constant("norm.weight", self.weights["norm.weight"], np.float32)
        states = self.node("Mul", [self.node("Div", [rows, self._root_mean_square(rows)]), gain])
        levels, step = self.quantised(self.node("Mul", [states, "kept"]), _POOL_LEVELS, axis=1)
        total = self.node("Mul", [self.node("ReduceSum", [levels, self.axis(1)], keepdims=1), step])
        count = self.node("ReduceSum", ["kept", self.axis(1)], keepdims=1)
        mean = self.node("Squeeze", [self.node("Div", [total, count]), self.axis(1)], "" if outputs else "vector")
        if outputs:
            self.linear("outlet", mean, _ROW_LEVELS, 128, "vector")

    def model(self, name: str, inputs: Sequence[onnx.ValueInfoProto], output: onnx.ValueInfoProto) -> bytes:
        """Return the serialised model."""
        tensors = [numpy_helper.from_array(value, tensor) for tensor, value in self.tensors.items()]
        graph = helper.make_graph(self.nodes, name, list(inputs), [output], tensors)
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", _OPSET), helper.make_opsetid("com.microsoft", 1)],
            ir_version=10,
        )
        onnx.checker.check_model(model, full_check=True)
        data: bytes = model.SerializeToString(deterministic=True)
        return data

    def table(self, name: str, index: str) -> str:
        """Add a lookup in an embedding table, stored in 8 bits with one scale for each row."""
        table = self.weights[name]
        scale = np.maximum(np.abs(table).max(axis=1, keepdims=True), 1e-8) / _ROW_LEVELS
        levels = self.constant(f"{name}.levels", np.rint(table / scale), np.int8)
        scales = self.constant(f"{name}.scales", scale, np.float32)
        rows = self.node("Cast", [self.node("Gather", [levels, index])], to=TensorProto.FLOAT)
        return self.node("Mul", [rows, self.node("Gather", [scales, index])])

    def quantised(self, x: str, levels: float, axis: int = -1) -> tuple[str, str]:
        """Return (integers up to `levels` as float32, their step), with one step for each row along `axis`."""
        step = self._step(x, levels, axis)
        return self.node("Round", [self.node("Div", [x, step])]), step

    def _step(self, x: str, levels: float, axis: int) -> str:
        largest = self.node("ReduceMax", [self.node("Abs", [x]), self.axis(axis)], keepdims=1)
        return self.node("Div", [self.node("Max", [largest, self.number(1e-8)]), self.number(levels)])

    def _root_mean_square(self, rows: str) -> str:
        width = float(self.weights["norm.weight"].shape[0])
        total = self.node("ReduceSumSquare", [rows, self.axis(-1)], keepdims=1)
        return self.node("Sqrt", [self.node("Div", [self.node("Max", [total, self.number(1.0)]), self.number(width)])])

    def normed_linear(self, name: str, norm: str, x: str) -> str:
        """Add norm(x) W + b. The scale of a row cancels out, and the gain of the norm is folded into W."""
        rows, _ = self._bytes(x, _ROW_LEVELS, 128)
        integers = self.node("Sub", [self.node("Cast", [rows], to=TensorProto.FLOAT), self.number(128.0)])
        weight = self.weights[f"{name}.weight"].T * self.weights[f"{norm}.weight"][:, None]
        product = self._product(name, rows, 128, weight)
        return self._biased(name, self.node("Div", [product, self._root_mean_square(integers)]))

    def linear(self, name: str, x: str, levels: float, zero: int, output: str = "") -> str:
        """Add x W + b, with the rows of x as integers up to `levels`, shifted by `zero` into 0..255."""
        rows, step = self._bytes(x, levels, zero)
        product = self._product(name, rows, zero, self.weights[f"{name}.weight"].T)
        return self._biased(name, self.node("Mul", [product, step]), output)

    def _bytes(self, x: str, levels: float, zero: int) -> tuple[str, str]:
        """Return (the rows of x, quantised, shifted by `zero`, as bytes; their step), in one pass over x."""
        step = self._step(x, levels, -1)
        flat = self.node("Reshape", [step, self.constant("flat", [-1], np.int64)])
        rows = self.node("Flatten", [x], axis=-1)
        shift = self.constant(f"row_zero_{zero}", zero, np.uint8)
        zeros = self.node("Expand", [shift, self.node("Shape", [flat])])
        quantised = self.node("QuantizeLinear", [rows, flat, zeros], axis=0)
        return self.node("Reshape", [quantised, self.node("Shape", [x])]), step

    def _product(self, name: str, rows: str, zero: int, weight: np.ndarray) -> str:
        """Add the product of the rows, less `zero`, and a weight of 7 bits with one scale for each output."""
        scale = np.maximum(np.abs(weight).max(axis=0), 1e-8) / _WEIGHT_LEVELS
        levels = self.constant(f"{name}.levels", np.rint(weight / scale), np.int8)
        scales = self.constant(f"{name}.scales", scale, np.float32)
        zeros = self.constant(f"row_zero_{zero}", zero, np.uint8), self.constant("weight_zero", 0, np.int8)
        return self.node(
            "MatMulIntegerToFloat", [rows, levels, self.number(1.0), scales, *zeros], domain="com.microsoft"
        )

    def _biased(self, name: str, x: str, output: str = "") -> str:
        return self.node("Add", [x, self.constant(f"{name}.bias", self.weights[f"{name}.bias"], np.float32)], output)

    def _attention(self, name: str, x: str, shape: EncoderShape) -> str:
        size = shape.width // shape.heads
        split = self.constant("split_heads", [0, 0, 3, shape.heads, size], np.int64)
        qkv = self.node("Reshape", [self.normed_linear(f"{name}.qkv", f"{name}.norm_attention", x), split])
        by_head = self.node("Transpose", [qkv], perm=[2, 0, 3, 1, 4])
        q, k, v = (self.node("Gather", [by_head, self.constant(f"part{i}", i, np.int64)], axis=0) for i in range(3))
        weights = self._attention_weights(q, k, size)
        mask = self.node("Unsqueeze", ["kept", self.axis(1)])
        levels, step = self.quantised(self.node("Mul", [v, mask]), _ROW_LEVELS, axis=2)
        total = self.node("Mul", [self.node("MatMul", [weights, levels]), step])
        mixed = self.node("Div", [total, self.node("ReduceSum", [weights, self.axis(-1)], keepdims=1)])
        by_token = self.node("Transpose", [mixed], perm=[0, 2, 1, 3])
        joined = self.node("Reshape", [by_token, self.constant("join_heads", [0, 0, shape.width], np.int64)])
        return self.linear(f"{name}.out", joined, _ROW_LEVELS, 128)

    def _attention_weights(self, q: str, k: str, size: int) -> str:
        """Return integers 0..255 as float32 (events, heads, tokens, tokens); the largest of a row is 255."""
        rows, row_step = self.quantised(q, _ROW_LEVELS)
        columns, column_step = self.quantised(k, _ROW_LEVELS)
        product = self.node("MatMul", [rows, self.node("Transpose", [columns], perm=[0, 1, 3, 2])])
        # scores divided by 2**5: a power of two adds no rounding
        row_scale = self.node("Mul", [row_step, self.number(float(np.float32(size**-0.5) * 0.5**_SQUARINGS))])
        scaled = self.node(
            "Mul", [self.node("Mul", [product, row_scale]), self.node("Transpose", [column_step], perm=[0, 1, 3, 2])]
        )
        scores = self.node("Add", [scaled, "bias"])
        below = self.node("Sub", [scores, self.node("ReduceMax", [scores, self.axis(-1)], keepdims=1)])
        weight = self.node("Relu", [self.node("Add", [below, self.number(1.0)])])
        for _ in range(_SQUARINGS):
            weight = self.node("Mul", [weight, weight])
        return self.node("Round", [self.node("Mul", [weight, self.number(_ATTENTION_LEVELS)])])
