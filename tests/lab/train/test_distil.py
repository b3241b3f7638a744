"""The small encoder learns the vectors of the large one, the seed decides, and it exports as exactly as that."""

import numpy as np

from loglm_bridge.lab.export import model_export
from loglm_bridge.lab.train.distil import DistilSettings, distil
from loglm_bridge.model.classifier.encoder_session import EventSession
from tests.lab.tiny import shape_of

SETTINGS = DistilSettings(
    layers=1, width=16, heads=2, inner=32, epochs=60, minutes=1e6, budget=2048, learning_rate=5e-3
)


def small(tiny, **changes):
    told = DistilSettings(**{**vars(SETTINGS), **changes})
    return distil(shape_of(tiny.tokenizer), tiny.tokenizer.pad, tiny.encoded, tiny.features.vectors, told)


def test_its_vectors_come_near(tiny):
    encoder, errors = small(tiny)
    assert errors[-1] < 0.5 * errors[0]
    found = EventSession(model_export.session(encoder), tiny.tokenizer.pad).encode(tiny.encoded)
    wanted = tiny.features.vectors
    assert found.shape == wanted.shape
    spread = wanted.std(0) + 1e-6
    # a mean for every event has an error of one
    assert np.mean(((found - wanted) / spread) ** 2) < 0.7


def test_the_seed_decides(tiny):
    one, two = (small(tiny, epochs=1)[0].state_dict() for _ in range(2))
    assert all(np.array_equal(one[name], two[name]) for name in one)
