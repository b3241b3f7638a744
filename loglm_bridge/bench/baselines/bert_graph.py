"""A BERT sentence encoder as an ONNX graph: post-norm layers, mean over the tokens, unit length."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

#: Layers, heads and norm of all-MiniLM-L6-v2 (config.json of the model).
_LAYERS, _HEADS, _EPSILON = 6, 12, 1e-12

#: Added to the attention scores of padding.
_MASKED = -10_000.0


def bert(weights: Mapping[str, np.ndarray]) -> Any:
    """Return the model: `ids`, `mask` (texts, tokens) int64 -> `vector` (texts, width) float32.

    `weights` have the names of the `transformers` library.
    """
    return _Graph(weights).model()


class _Graph:
    """Builds the graph node by node; methods return the names of their outputs."""

    def __init__(self, weights: Mapping[str, np.ndarray]) -> None:
        self._weights = weights
        self._width = weights["embeddings.word_embeddings.weight"].shape[1]
        self._nodes: list[Any] = []
        self._constants: dict[str, np.ndarray] = {}

    def model(self) -> Any:
        x = self._embed()
        bias = self._node("Sub", self._constant("one", np.float32(1)), self._as_float())
        bias = self._node("Mul", bias, self._constant("masked", np.float32(_MASKED)))
        bias = self._node("Unsqueeze", bias, self._constant("axes_heads", [1, 2]))
        for layer in range(_LAYERS):
            x = self._layer(f"encoder.layer.{layer}", x, bias)
        self._pool(x)
        inputs = [helper.make_tensor_value_info(n, TensorProto.INT64, ["texts", "tokens"]) for n in ("ids", "mask")]
        output = helper.make_tensor_value_info("vector", TensorProto.FLOAT, ["texts", self._width])
        constants = [numpy_helper.from_array(value, name) for name, value in self._constants.items()]
        graph = helper.make_graph(self._nodes, "bert", inputs, [output], constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)

    def _embed(self) -> str:
        words = self._node("Gather", self._weight("embeddings.word_embeddings.weight"), "ids")
        tokens = self._node("Gather", self._node("Shape", "ids"), self._constant("token_axis", np.int64(1)))
        positions = self._node(
            "Range", self._constant("first", np.int64(0)), tokens, self._constant("step", np.int64(1))
        )
        positional = self._node("Gather", self._weight("embeddings.position_embeddings.weight"), positions)
        kind = self._constant("kind", self._weights["embeddings.token_type_embeddings.weight"][0])
        return self._norm("embeddings.LayerNorm", self._node("Add", self._node("Add", words, positional), kind))

    def _layer(self, name: str, x: str, bias: str) -> str:
        attended = self._dense(f"{name}.attention.output.dense", self._attend(f"{name}.attention.self", x, bias))
        x = self._norm(f"{name}.attention.output.LayerNorm", self._node("Add", attended, x))
        inner = self._node("Gelu", self._dense(f"{name}.intermediate.dense", x))
        return self._norm(f"{name}.output.LayerNorm", self._node("Add", self._dense(f"{name}.output.dense", inner), x))

    def _attend(self, name: str, x: str, bias: str) -> str:
        shape = self._constant("heads", [0, 0, _HEADS, self._width // _HEADS])
        parts = {n: self._node("Reshape", self._dense(f"{name}.{n}", x), shape) for n in ("query", "key", "value")}
        query, value = (self._node("Transpose", parts[n], perm=[0, 2, 1, 3]) for n in ("query", "value"))
        scores = self._node("MatMul", query, self._node("Transpose", parts["key"], perm=[0, 2, 3, 1]))
        scale = self._constant("scale", np.float32((self._width // _HEADS) ** -0.5))
        weights = self._node("Softmax", self._node("Add", self._node("Mul", scores, scale), bias), axis=-1)
        joined = self._node("Transpose", self._node("MatMul", weights, value), perm=[0, 2, 1, 3])
        return self._node("Reshape", joined, self._constant("joined", [0, 0, self._width]))

    def _pool(self, x: str) -> None:
        mask = self._node("Unsqueeze", self._as_float(), self._constant("axes_last", [2]))
        axes = self._constant("axes_tokens", [1])
        total = self._node("ReduceSum", self._node("Mul", x, mask), axes, keepdims=0)
        mean = self._node("Div", total, self._node("ReduceSum", mask, axes, keepdims=0))
        self._nodes.append(helper.make_node("LpNormalization", [mean], ["vector"], axis=-1, p=2))

    def _dense(self, name: str, x: str) -> str:
        product = self._node("MatMul", x, self._constant(name, self._weights[f"{name}.weight"].T.copy()))
        return self._node("Add", product, self._weight(f"{name}.bias"))

    def _norm(self, name: str, x: str) -> str:
        weight, bias = self._weight(f"{name}.weight"), self._weight(f"{name}.bias")
        return self._node("LayerNormalization", x, weight, bias, axis=-1, epsilon=_EPSILON)

    def _as_float(self) -> str:
        return self._node("Cast", "mask", to=TensorProto.FLOAT)

    def _weight(self, name: str) -> str:
        return self._constant(name, self._weights[name])

    def _constant(self, name: str, value: Any) -> str:
        self._constants.setdefault(name, np.asarray(value))
        return name

    def _node(self, op: str, *inputs: str, **attributes: Any) -> str:
        output = f"{op.lower()}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(op, list(inputs), [output], **attributes))
        return output
