"""The exported graph: close to the torch encoder, and the same bytes for an event in any batch."""

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch

from loglm_bridge.lab.export import model_export
from loglm_bridge.lab.export.onnx_graph import encoder_graph
from loglm_bridge.lab.train.encoder import EncoderShape, EventEncoder
from loglm_bridge.lab.train.token_batches import pad
from loglm_bridge.model.folder.onnx_guard import check
from tests.lab.export import integer_encoder


def run(data, ids, fields, threads=1):
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
    return ort.InferenceSession(data, options).run(None, {"ids": ids, "fields": fields})[0]


def cosine(a, b):
    return (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)


def torch_vectors(encoder, ids, fields):
    with torch.no_grad():
        return encoder.pool(ids, encoder(ids, fields)).numpy()


def test_the_graph_agrees_with_the_encoder(tiny):
    batch = pad(tiny.encoded, range(len(tiny.encoded)), tiny.tokenizer.pad)
    wanted = torch_vectors(tiny.encoder, batch.ids, batch.fields)
    assert cosine(wanted, run(tiny.onnx, batch.ids.numpy(), batch.fields.numpy())).min() > 0.99


@pytest.mark.parametrize("layers", [0, 1, 3])
def test_every_depth_agrees(layers):
    torch.manual_seed(2)
    shape = EncoderShape(60, 8, 16, layers, 48, 3, 96)
    encoder = EventEncoder(shape, pad=0).eval()
    for parameter in encoder.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    ids, fields = torch.randint(1, 60, (9, 16)), torch.randint(0, 8, (9, 16))
    ids[4:, 11:] = 0
    weights = {n: v.numpy() for n, v in encoder.state_dict().items()}
    vectors = run(encoder_graph(shape, 0, weights), ids.numpy(), fields.numpy())
    assert cosine(torch_vectors(encoder, ids, fields), vectors).min() > 0.99


@pytest.mark.parametrize("threads", [1, 2])
def test_the_vector_of_an_event_does_not_depend_on_its_batch(tiny, threads):
    batch = pad(tiny.encoded, range(len(tiny.encoded)), tiny.tokenizer.pad)
    ids, fields = batch.ids.numpy(), batch.fields.numpy()
    whole = run(tiny.onnx, ids, fields, threads)
    for size in (1, 2, 7):
        parts = [run(tiny.onnx, ids[s : s + size], fields[s : s + size]) for s in range(0, len(ids), size)]
        assert np.concatenate(parts).tobytes() == whole.tobytes()
    order = np.random.default_rng(0).permutation(len(ids))
    assert run(tiny.onnx, ids[order], fields[order], threads).tobytes() == whole[order].tobytes()


def test_padding_does_not_change_a_vector(tiny):
    batch = pad(tiny.encoded, [3], tiny.tokenizer.pad)
    ids, fields = batch.ids.numpy(), batch.fields.numpy()
    wide = [np.pad(a, ((0, 0), (0, 9)), constant_values=tiny.tokenizer.pad) for a in (ids, fields)]
    assert run(tiny.onnx, ids, fields).tobytes() == run(tiny.onnx, *wide).tobytes()


@pytest.mark.parametrize(
    ("layers", "width", "inner", "outputs"), [(1, 32, 64, 0), (3, 48, 96, 0), (2, 128, 512, 0), (2, 64, 256, 128)]
)
def test_the_vectors_are_those_of_integer_arithmetic(layers, width, inner, outputs):
    """A second implementation adds 64-bit integers, so the result does not depend on the instruction set."""
    torch.manual_seed(layers)
    shape = EncoderShape(90, 8, 64, layers, width, 4, inner, outputs)
    encoder = EventEncoder(shape, pad=0).eval()
    for name, parameter in encoder.named_parameters():
        torch.nn.init.normal_(parameter, mean=float("norm" in name), std=0.2)
    weights = {n: v.numpy() for n, v in encoder.state_dict().items()}
    ids, fields = torch.randint(1, 90, (40, 40)).numpy(), torch.randint(0, 8, (40, 40)).numpy()
    ids[20:, 25:] = 0
    vectors = run(encoder_graph(shape, 0, weights), ids, fields)
    assert vectors.tobytes() == integer_encoder.encode(shape, 0, weights, ids, fields).tobytes()


def test_sizes_whose_sums_are_not_exact_are_refused():
    shape = EncoderShape(60, 8, 16, 1, 32, 2, 1100)
    with pytest.raises(ValueError, match="1048"):
        encoder_graph(shape, 0, {})


def test_the_file_is_the_same_every_time_valid_and_int8(tiny):
    assert model_export.to_onnx(tiny.encoder) == tiny.onnx
    check(tiny.onnx, "event.onnx")
    graph = onnx.load_from_string(tiny.onnx).graph
    kinds = {t.name: t.data_type for t in graph.initializer}
    assert {kinds[n] for n in kinds if n.endswith(".levels")} == {onnx.TensorProto.INT8}
    levels = {t.name: onnx.numpy_helper.to_array(t) for t in graph.initializer if t.name.startswith("blocks")}
    assert all(np.abs(a.astype(int)).max() <= 63 for n, a in levels.items() if n.endswith(".levels"))
