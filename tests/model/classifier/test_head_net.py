"""One net of the heads: its files, its shapes, and how close it is to the trained net."""

import numpy as np
import pytest

from loglm_bridge.lab.export import model_export
from loglm_bridge.lab.train.heads import fit_malice, predict
from loglm_bridge.lab.weak_labels.training_examples import Example
from loglm_bridge.model.classifier.head_net import Net
from tests.lab.tiny import SETTINGS

NAMES = (
    "table",
    "table_scales",
    "centre",
    "spread",
    *(f"{layer}.{part}" for layer in ("hidden", "out") for part in ("levels", "scales", "bias")),
)


def test_a_net_is_read_as_it_was_written(tiny):
    arrays = tiny.heads.malice.to_arrays("m")
    assert set(arrays) == {f"m.{name}" for name in NAMES}
    again = Net.from_arrays(arrays, "m")
    expected = tiny.heads.malice.logits(tiny.features.vectors, tiny.features.grams)
    assert again.logits(tiny.features.vectors, tiny.features.grams).tobytes() == expected.tobytes()


@pytest.mark.parametrize("name", NAMES)
def test_arrays_of_another_shape_do_not_fit(tiny, name):
    arrays = tiny.heads.malice.to_arrays("m")
    assert Net.from_arrays(arrays, "m").fits(tiny.heads.width, 1)
    shorter = {**arrays, f"m.{name}": arrays[f"m.{name}"][:-1]}
    assert not Net.from_arrays(shorter, "m").fits(tiny.heads.width, 1)


def test_the_exported_net_approximates_the_trained_one(tiny):
    """int8 weights and inputs change logits a little, but hardly their order."""
    examples = [Example(f, {}, 0.0, float(i % 2), 1.0) for i, f in enumerate(tiny.canonicals)]
    trained = fit_malice(tiny.features, examples, SETTINGS)
    expected = predict(trained, tiny.features)[:, 0]
    logits = model_export.to_net(trained).logits(tiny.features.vectors, tiny.features.grams)[:, 0]
    assert np.abs(expected - logits).max() < 0.1 * max(1.0, np.abs(expected).max())
    assert np.corrcoef(expected, logits)[0, 1] > 0.99
