"""Calibration: scales, temperatures, and that the name of a recording alone decides whether it is reserved."""

from hashlib import sha256

import numpy as np
import pytest

from loglm_bridge.lab.data.corpus import CorpusEvent
from loglm_bridge.lab.train import calibrate, thresholds
from loglm_bridge.lab.train.calibrate import reserved_for_calibration
from loglm_bridge.lab.train.thresholds import Budget
from tests.lab.tiny import families


def event(source="otrf_security_datasets", group="g", label="unknown", hits=(), **changes):
    values = {"id": "i", "canonical": 0, "techniques": (), "held_out": False, **changes}
    return CorpusEvent(source=source, group=group, label=label, hits=hits, **values)


@pytest.mark.parametrize("true", [0.5, 1.0, 3.0])
def test_at_the_temperature_confidence_and_accuracy_of_the_first_technique_agree(true):
    rng = np.random.default_rng(2)
    logits = rng.normal(0, 2, (6000, 8))
    shares = np.exp(logits / true)
    shares /= shares.sum(1, keepdims=True)
    drawn = (rng.random((6000, 1)) < shares.cumsum(1)).argmax(1)
    assert calibrate.temperature(logits, np.eye(8)[drawn]) == pytest.approx(true, rel=0.15)


def test_a_family_with_enough_ordinary_events_gets_a_scale_of_its_own(tiny, monkeypatch):
    monkeypatch.setattr(thresholds, "MIN_ORDINARY", 20)
    monkeypatch.setattr(thresholds, "PRIOR_EVENTS", 0)
    monkeypatch.setattr(thresholds, "ENOUGH", 2)
    monkeypatch.setattr(calibrate, "MIN_ATTACKS", 5)
    rng = np.random.default_rng(3)
    source = "deeptempo_cic2017_sample"
    labels = ["malicious" if bad else "benign" for bad in rng.random(400) < 0.3]
    rows = rng.integers(0, len(tiny.canonicals), 400)
    events = [event(source, label=label, canonical=int(row)) for label, row in zip(labels, rows, strict=True)]
    budget = Budget(malicious=0.1, suspicious=0.3, unknown=0.2)
    heads = calibrate.calibrated(tiny.heads, events, tiny.canonicals, tiny.features, budget)
    present = {tiny.canonicals[row].family for row in rows}
    assert {"", "windows"} <= set(heads.config.scales)
    assert set(heads.config.scales) - {""} < present, "rare families share one scale"
    outcomes = heads.outcomes(tiny.features.vectors, tiny.features.grams, families(tiny.canonicals))
    ordinary = [r for r, e in zip(rows, events, strict=True) if e.label == "benign"]
    for family in set(heads.config.scales) - {""}:
        own = [outcomes[r].verdict for r in ordinary if tiny.canonicals[r].family == family]
        assert own.count("malicious") <= 0.2 * len(own), family


def test_the_name_of_a_recording_decides_and_one_in_eight_is_reserved():
    assert reserved_for_calibration(event(label="benign")) == reserved_for_calibration(event(label="malicious", id="x"))
    reserved = [reserved_for_calibration(event(group=f"g{i}")) for i in range(4000)]
    assert np.mean(reserved) == pytest.approx(1 / calibrate.CALIBRATION_DIVISOR, abs=0.03)
    digest = sha256(b"otrf_security_datasets/g7").digest()
    assert reserved[7] == (digest[0] % calibrate.CALIBRATION_DIVISOR == 0)


def test_prototypes_are_the_same_for_the_same_seed_and_lie_among_the_vectors(tiny):
    first, second = (calibrate.prototypes(tiny.features.vectors, 5, seed=3) for _ in range(2))
    assert first.tobytes() == second.tobytes()
    assert (first.shape, first.dtype) == ((5, 32), np.float32)
    assert (np.linalg.norm(first, axis=1) <= 1.0001).all()
