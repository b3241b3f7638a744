"""The exported sequence encoder: close to the torch one, the same bytes for a window in any company and padding."""

import numpy as np
import pytest
import torch

from loglm_bridge.lab.context import exported
from loglm_bridge.lab.sequence_encoder import SequenceEncoder, shape
from loglm_bridge.model.head_config import Curve
from loglm_bridge.model.onnx_guard import check
from loglm_bridge.model.sequence import SequenceConfig
from loglm_bridge.model.sequence import SequenceEncoder as Served
from loglm_bridge.model.steps import MARKS

TECHNIQUES = ("T1046", "T1110", "T1498")
CONFIG = SequenceConfig(("flow",), TECHNIQUES, {"flow": Curve(1.0, 0.0, 1.0, 0.5, 0.4)}, {})


@pytest.fixture(scope="module")
def encoder():
    torch.manual_seed(3)
    model = SequenceEncoder(shape(32, layers=2, heads=4, inner=64), 1 + len(TECHNIQUES), hidden=16).eval()
    for name, parameter in model.named_parameters():
        torch.nn.init.normal_(parameter, mean=float("norm" in name), std=0.2)
    return model


@pytest.fixture(scope="module")
def served(encoder):
    data = exported(encoder)
    check(data, "sequence.onnx")
    return Served(data, CONFIG, 32)


@pytest.fixture(scope="module")
def windows():
    rng = np.random.default_rng(5)
    offsets = np.concatenate([[0], np.cumsum(list(MARKS.values()))[:-1]])
    lengths = [1, 2, 3, 5, 8, 13, 33, 64, 1, 7]
    return [
        (
            rng.normal(size=(n, 32)).astype(np.float32),
            np.array([[rng.integers(1, size) for size in MARKS.values()] for _ in range(n)]) + offsets,
        )
        for n in lengths
    ]


def test_the_graph_agrees_with_the_encoder(encoder, served, windows):
    for (vectors, rows), found in zip(windows, served.logits(windows), strict=True):
        with torch.no_grad():
            states = encoder(torch.from_numpy(vectors[None]), torch.from_numpy(rows[None]))
            wanted = encoder.logits(states)[0].numpy()
        assert found.shape == wanted.shape
        assert np.corrcoef(found.ravel(), wanted.ravel())[0, 1] > 0.99


def test_a_windows_bytes_do_not_depend_on_the_others(served, windows):
    together = served.logits(windows)
    for window, found in zip(windows, together, strict=True):
        assert served.logits([window])[0].tobytes() == found.tobytes()


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_change_nothing(encoder, served, windows, threads):
    other = Served(exported(encoder), CONFIG, 32, threads)
    for one, two in zip(served.logits(windows), other.logits(windows), strict=True):
        assert one.tobytes() == two.tobytes()
