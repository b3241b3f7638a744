"""Checks an ONNX file before any runtime loads it.

A file that refers to data outside itself (external tensors) or uses custom operators is refused. Only the needed parts
of onnx.proto3 are parsed: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3
"""

from __future__ import annotations

from collections.abc import Iterator

from loglm_bridge.contract.errors import ModelRefused

_ALLOWED_DOMAINS = frozenset({b"", b"ai.onnx", b"ai.onnx.ml", b"com.microsoft"})

# field numbers of ModelProto, GraphProto, NodeProto, AttributeProto, TensorProto, OperatorSetIdProto.
_MODEL_GRAPH, _MODEL_OPSETS, _MODEL_TRAINING, _MODEL_FUNCTIONS = 7, 8, 20, 25
_GRAPH_NODE, _GRAPH_INITIALIZER, _GRAPH_SPARSE = 1, 5, 15
_NODE_ATTRIBUTE, _NODE_DOMAIN = 5, 7
_ATTRIBUTE_TENSOR, _ATTRIBUTE_GRAPH, _ATTRIBUTE_TENSORS, _ATTRIBUTE_GRAPHS, _ATTRIBUTE_SPARSE = 5, 6, 10, 11, (22, 23)
_TENSOR_EXTERNAL, _TENSOR_LOCATION = 13, 14
_OPSET_DOMAIN = 1


def check(data: bytes, where: str) -> None:
    """Check that a model file has no external data, functions, sparse tensors or operators of other domains.

    Raises:
        ModelRefused: it has, or it is no protobuf message; the message names the reason.
    """
    try:
        _check_model(memoryview(data), where)
    except RecursionError as error:
        raise ModelRefused("model refused: graphs nested too deeply", where=where) from error


def _check_model(model: memoryview, where: str) -> None:
    for number, value in _fields(model, where):
        if number in (_MODEL_FUNCTIONS, _MODEL_TRAINING):
            raise ModelRefused("model refused: it defines functions or training", where=where)
        if number == _MODEL_OPSETS and isinstance(value, memoryview):
            _check_domain(dict(_fields(value, where)).get(_OPSET_DOMAIN, b""), where)
        if number == _MODEL_GRAPH and isinstance(value, memoryview):
            _check_graph(value, where)


def _check_graph(graph: memoryview, where: str) -> None:
    for number, value in _fields(graph, where):
        if not isinstance(value, memoryview):
            continue
        if number == _GRAPH_SPARSE:
            raise ModelRefused("model refused: sparse tensors", where=where)
        if number == _GRAPH_INITIALIZER:
            _check_tensor(value, where)
        elif number == _GRAPH_NODE:
            _check_node(value, where)


def _check_node(node: memoryview, where: str) -> None:
    for number, value in _fields(node, where):
        if number == _NODE_DOMAIN:
            _check_domain(value, where)
        elif number == _NODE_ATTRIBUTE and isinstance(value, memoryview):
            _check_attribute(value, where)


def _check_attribute(attribute: memoryview, where: str) -> None:
    for number, value in _fields(attribute, where):
        if not isinstance(value, memoryview):
            continue
        if number in _ATTRIBUTE_SPARSE:
            raise ModelRefused("model refused: sparse tensors", where=where)
        if number in (_ATTRIBUTE_TENSOR, _ATTRIBUTE_TENSORS):
            _check_tensor(value, where)
        elif number in (_ATTRIBUTE_GRAPH, _ATTRIBUTE_GRAPHS):
            _check_graph(value, where)


def _check_tensor(tensor: memoryview, where: str) -> None:
    for number, value in _fields(tensor, where):
        if number == _TENSOR_EXTERNAL or (number == _TENSOR_LOCATION and value != 0):
            raise ModelRefused("model refused: refers to files outside its folder", where=where)


def _check_domain(domain: object, where: str) -> None:
    name = bytes(domain) if isinstance(domain, (bytes, memoryview)) else b"?"
    if name not in _ALLOWED_DOMAINS:
        raise ModelRefused(f"model refused: operators of the domain {name[:60]!r}", where=where)


def _fields(message: memoryview, where: str) -> Iterator[tuple[int, memoryview | int]]:
    """Yield (field number, value) of a protobuf message: sub-messages and bytes as views, numbers as int."""
    offset = 0
    try:
        while offset < len(message):
            key, offset = _varint(message, offset)
            if key >> 32:
                # protobuf parsers drop the upper bits: what is an unknown field here would be a known one there
                raise IndexError(offset)
            number, wire_type = key >> 3, key & 7
            if wire_type == 0:
                value, offset = _varint(message, offset)
                yield number, value
            else:
                if wire_type == 2:
                    size, offset = _varint(message, offset)
                else:
                    size = {1: 8, 5: 4}[wire_type]
                if offset + size > len(message):
                    raise IndexError(offset)
                yield number, message[offset : offset + size]
                offset += size
    except (IndexError, KeyError) as error:
        raise ModelRefused("model refused: not an ONNX file", where=where) from error


def _varint(message: memoryview, offset: int) -> tuple[int, int]:
    """Return a variable-length integer and the offset behind it."""
    value = shift = 0
    while True:
        byte = message[offset]
        offset += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, offset
        shift += 7
        if shift > 63:
            raise IndexError(offset)
