"""The ONNX guard: files that refer to anything outside themselves, or are not ONNX, are refused."""

import random

import numpy as np
import onnx
import pytest
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from loglm_bridge.contract.errors import ModelRefused
from loglm_bridge.model.folder.onnx_guard import check

X = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
Y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])
ONE = numpy_helper.from_array(np.ones(1, np.float32), "one")


def external(name="one"):
    """Return a tensor whose numbers are in another file."""
    tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=[1], data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value="/etc/passwd")
    return tensor


def model(nodes=None, tensors=(ONE,), domains=("",), **rest):
    graph = helper.make_graph(nodes or [helper.make_node("Add", ["x", "one"], ["y"])], "g", [X], [Y], list(tensors))
    opsets = [helper.make_opsetid(d, 20 if not d else 1) for d in domains]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10, **rest)


def branch(tensor=None, node=None):
    """Return an If node whose branch holds a tensor or a node."""
    inner = node or helper.make_node("Identity", ["one"], ["z"])
    graph = helper.make_graph([inner], "b", [], [Y], [tensor] if tensor is not None else [])
    return helper.make_node("If", ["x"], ["y"], then_branch=graph, else_branch=graph)


def assert_refused(data, match):
    data = data if isinstance(data, bytes) else data.SerializeToString()
    with pytest.raises(ModelRefused, match=match):
        check(data, "event.onnx")


def test_plain_models_pass(tiny):
    check(model().SerializeToString(), "event.onnx")
    check(model(domains=("", "com.microsoft", "ai.onnx.ml")).SerializeToString(), "event.onnx")
    check(model([branch(ONE)]).SerializeToString(), "event.onnx")
    check(tiny.onnx, "event.onnx")


@pytest.mark.parametrize(
    "data",
    [
        model(tensors=[external()]),
        model([branch(external())]),
        model([helper.make_node("Constant", [], ["y"], value=external())]),
        model([branch(node=helper.make_node("Constant", [], ["z"], value=external()))]),
        model([branch(node=branch(external()))]),
    ],
    ids=["initializer", "in a branch", "in an attribute", "attribute in a branch", "two branches down"],
)
def test_external_data_is_refused_anywhere(data):
    assert_refused(data, "outside its folder")


def test_the_external_flag_and_an_external_file_are_each_refused():
    marked = TensorProto(name="one", data_type=1, dims=[1], data_location=TensorProto.EXTERNAL)
    assert_refused(model(tensors=[marked]), "outside its folder")
    named = numpy_helper.from_array(np.ones(1, np.float32), "one")
    named.external_data.add(key="location", value="weights.bin")
    assert_refused(model(tensors=[named]), "outside its folder")


@pytest.mark.parametrize("domain", ["com.example", "ai.onnx.contrib", "ai.onnx.training", "com.microsoft.extensions"])
def test_operators_of_other_domains_are_refused(domain):
    node = helper.make_node("Run", ["x"], ["y"], domain=domain)
    assert_refused(model([node], domains=("", domain)), "operators of the domain")
    assert_refused(model([node]), "operators of the domain")
    assert_refused(model(domains=("", domain)), "operators of the domain")
    assert_refused(model([branch(node=node)]), "operators of the domain")


def test_functions_training_and_sparse_tensors_are_refused():
    opsets = [helper.make_opsetid("", 20)]
    body = helper.make_function("com.microsoft", "F", ["a"], ["b"], [helper.make_node("Abs", ["a"], ["b"])], opsets)
    assert_refused(model(functions=[body]), "functions")
    training = model()
    training.training_info.add().algorithm.CopyFrom(training.graph)
    assert_refused(training, "training")
    sparse = helper.make_sparse_tensor(external("v"), helper.make_tensor("i", TensorProto.INT64, [1], [0]), [1])
    hidden = model()
    hidden.graph.sparse_initializer.append(sparse)
    assert_refused(hidden, "sparse")
    assert_refused(model([helper.make_node("Constant", [], ["y"], sparse_value=sparse)]), "sparse")


def test_a_tag_with_excess_bits_is_refused():
    """Field 7 (the graph) with bits above the 32nd: parsers drop them, so the guard must not ignore it."""
    graph = model(tensors=[external()]).graph.SerializeToString()
    tag = bytes([0x80 | 0x3A, 0x80, 0x80, 0x80, 0x10])
    size = len(graph)
    assert_refused(tag + bytes([size & 0x7F | 0x80, size >> 7]) + graph, "not an ONNX file")


def test_deeply_nested_graphs_are_refused():
    data = helper.make_graph([], "g", [], []).SerializeToString()
    for _ in range(3000):
        for number in (6, 5, 1):  # attribute.g, node.attribute, graph.node
            data = bytes([number << 3 | 2]) + _varint(len(data)) + data
    assert_refused(bytes([7 << 3 | 2]) + _varint(len(data)) + data, "too deeply")


def _varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


@pytest.mark.parametrize(
    "data", [b"\x80\x04\x95", b"PK\x03\x04" + b"\0" * 9, b"\xff" * 40, b"\x3a\x7f", b"not a model"]
)
def test_garbage_is_refused(data):
    assert_refused(data, "not an ONNX file")


@given(st.binary(max_size=200))
def test_any_bytes_pass_or_are_refused(data):
    try:
        check(data, "x")
    except ModelRefused:
        return


def test_damaged_files_that_pass_have_no_external_data():
    """A changed byte may leave a readable file, but none with external data that the guard accepts."""
    data, rng = model(tensors=[external()]).SerializeToString(), random.Random(4)
    for _ in range(400):
        changed = bytearray(data)
        changed[rng.randrange(len(data))] = rng.randrange(256)
        try:
            check(bytes(changed), "x")
            read = onnx.ModelProto.FromString(bytes(changed))
        except (ModelRefused, DecodeError, UnicodeDecodeError):
            continue
        assert not any(t.external_data or t.data_location for t in read.graph.initializer)
