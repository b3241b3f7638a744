"""The small encoder learns the vectors of the large one, and the same seed gives the same weights."""

import numpy as np

from loglm_bridge.lab.export import model_export
from loglm_bridge.lab.train.distil import DistilSettings, distil
from loglm_bridge.model.classifier.encoder_session import EventSession
from tests.lab.tiny import shape_of

SETTINGS = DistilSettings(
    layers=1, width=16, heads=2, inner=32, epochs=60, minutes=1e6, budget=2048, learning_rate=5e-3
)


def small(tiny, **changes):
    settings = DistilSettings(**{**vars(SETTINGS), **changes})
    return distil(shape_of(tiny.tokenizer), tiny.tokenizer.pad, tiny.encoded, tiny.features.vectors, settings)


def test_its_vectors_approximate_those_of_the_large_encoder(tiny):
    encoder, errors = small(tiny)
    assert errors[-1] < 0.5 * errors[0]
    vectors = EventSession(model_export.to_onnx(encoder), tiny.tokenizer.pad).encode(tiny.encoded)
    targets = tiny.features.vectors
    assert vectors.shape == targets.shape
    spread = targets.std(0) + 1e-6
    # the mean of all vectors would have an error of one
    assert np.mean(((vectors - targets) / spread) ** 2) < 0.7


def test_the_same_seed_gives_the_same_weights(tiny):
    one, two = (small(tiny, epochs=1)[0].state_dict() for _ in range(2))
    assert all(np.array_equal(one[name], two[name]) for name in one)
