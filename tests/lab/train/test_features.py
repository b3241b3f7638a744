"""Stored features: they are read as computed, and those of another corpus are refused."""

import numpy as np
import pytest

from loglm_bridge.lab.train import features
from loglm_bridge.model.features.rule_matcher import NO_RULES


def test_computed_features_are_stored_and_read(tiny, tmp_path):
    path = tmp_path / "f.npz"
    first = features.compute(tiny.canonicals, tiny.tokenizer, tiny.onnx, NO_RULES, path, threads=2)
    second = features.compute(tiny.canonicals, tiny.tokenizer, b"no model is needed", NO_RULES, path)
    for features_ in (first, second):
        assert features_.vectors.tobytes() == tiny.features.vectors.tobytes()
        assert all(np.array_equal(a, b) for a, b in zip(features_.grams, tiny.features.grams, strict=True))


def test_features_of_another_corpus_are_refused(tiny, tmp_path):
    path = tmp_path / "f.npz"
    features.compute(tiny.canonicals[:5], tiny.tokenizer, tiny.onnx, NO_RULES, path)
    with pytest.raises(ValueError, match="remove it"):
        features.compute(tiny.canonicals[:6], tiny.tokenizer, tiny.onnx, NO_RULES, path)
