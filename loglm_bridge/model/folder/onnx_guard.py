"""What an ONNX file refers to, read from its bytes before any runtime sees them.

A file that points outside itself (external tensor data) or asks for custom operators is refused. The walk knows just
the parts of onnx.proto3 it needs: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3
"""

from __future__ import annotations

from collections.abc import Iterator

from loglm_bridge.contract.errors import ModelRefused

_ALLOWED_DOMAINS = frozenset({b"", b"ai.onnx", b"ai.onnx.ml", b"com.microsoft"})

# Field numbers: ModelProto, GraphProto, NodeProto, AttributeProto, TensorProto, OperatorSetIdProto.
_MODEL_GRAPH, _MODEL_OPSETS, _MODEL_TRAINING, _MODEL_FUNCTIONS = 7, 8, 20, 25
_GRAPH_NODE, _GRAPH_INITIALIZER, _GRAPH_SPARSE = 1, 5, 15
_NODE_ATTRIBUTE, _NODE_DOMAIN = 5, 7
_ATTRIBUTE_TENSOR, _ATTRIBUTE_GRAPH, _ATTRIBUTE_TENSORS, _ATTRIBUTE_GRAPHS, _ATTRIBUTE_SPARSE = 5, 6, 10, 11, (22, 23)
_TENSOR_EXTERNAL, _TENSOR_LOCATION = 13, 14
_OPSET_DOMAIN = 1


def check(data: bytes, where: str) -> None:
    """Refuse a model file with external data, functions, sparse tensors or operators of a foreign domain.

    Raises:
        ModelRefused: names the reason; also where the bytes are no protobuf message.
    """
    try:
        _check_model(memoryview(data), where)
    except RecursionError as error:
        raise ModelRefused("model refused: graphs nested too deep", where=where) from error


def _check_model(model: memoryview, where: str) -> None:
    for number, value in _fields(model, where):
        if number in (_MODEL_FUNCTIONS, _MODEL_TRAINING):
            raise ModelRefused("model refused: it defines functions or training of its own", where=where)
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
            for kind, part in _fields(value, where):
                if not isinstance(part, memoryview):
                    continue
                if kind in _ATTRIBUTE_SPARSE:
                    raise ModelRefused("model refused: sparse tensors", where=where)
                if kind in (_ATTRIBUTE_TENSOR, _ATTRIBUTE_TENSORS):
                    _check_tensor(part, where)
                elif kind in (_ATTRIBUTE_GRAPH, _ATTRIBUTE_GRAPHS):
                    _check_graph(part, where)


def _check_tensor(tensor: memoryview, where: str) -> None:
    for number, value in _fields(tensor, where):
        if number == _TENSOR_EXTERNAL or (number == _TENSOR_LOCATION and value != 0):
            raise ModelRefused("model refused: refers to files outside its folder", where=where)


def _check_domain(domain: object, where: str) -> None:
    name = bytes(domain) if isinstance(domain, (bytes, memoryview)) else b"?"
    if name not in _ALLOWED_DOMAINS:
        raise ModelRefused(f"model refused: operators of a foreign domain {name[:60]!r}", where=where)


def _fields(message: memoryview, where: str) -> Iterator[tuple[int, memoryview | int]]:
    """Yield (field number, value) of a protobuf message: sub-messages and bytes as views, numbers as int."""
    place = 0
    try:
        while place < len(message):
            key, place = _varint(message, place)
            if key >> 32:
                # protobuf keeps 32 bits: what reads as an unknown field here would be another one there
                raise IndexError(place)
            number, wire = key >> 3, key & 7
            if wire == 0:
                value, place = _varint(message, place)
                yield number, value
            else:
                if wire == 2:
                    size, place = _varint(message, place)
                else:
                    size = {1: 8, 5: 4}[wire]
                if place + size > len(message):
                    raise IndexError(place)
                yield number, message[place : place + size]
                place += size
    except (IndexError, KeyError) as error:
        raise ModelRefused("model refused: not an ONNX file", where=where) from error


def _varint(message: memoryview, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
        shift += 7
        if shift > 63:
            raise IndexError(place)
