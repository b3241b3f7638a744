"""Features on disk: as computed, and never those of another corpus."""

import numpy as np
import pytest

from loglm_bridge.lab.train import features
from loglm_bridge.model.features.rule_matcher import NO_RULES


def test_what_was_computed_is_read_again(tiny, tmp_path):
    path = tmp_path / "f.npz"
    first = features.compute(tiny.forms, tiny.tokenizer, tiny.onnx, NO_RULES, path, threads=2)
    second = features.compute(tiny.forms, tiny.tokenizer, b"no model is needed", NO_RULES, path)
    for found in (first, second):
        assert found.vectors.tobytes() == tiny.features.vectors.tobytes()
        assert all(np.array_equal(a, b) for a, b in zip(found.grams, tiny.features.grams, strict=True))


def test_features_of_another_corpus_are_refused(tiny, tmp_path):
    path = tmp_path / "f.npz"
    features.compute(tiny.forms[:5], tiny.tokenizer, tiny.onnx, NO_RULES, path)
    with pytest.raises(ValueError, match="remove it"):
        features.compute(tiny.forms[:6], tiny.tokenizer, tiny.onnx, NO_RULES, path)
