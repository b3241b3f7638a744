"""Calibration: thresholds hold their budget, curves are recovered, and recordings are kept by name alone."""

from hashlib import sha256

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.lab.data.corpus import CorpusEvent
from loglm_bridge.lab.train import calibrate, thresholds
from loglm_bridge.lab.train.calibrate import kept_for_calibration, known_malice
from loglm_bridge.lab.train.thresholds import Budget, threshold
from loglm_bridge.telemetry import CanonicalEvent
from tests.lab.tiny import families


def event(source="otrf_security_datasets", group="g", label="unknown", hits=(), **changes):
    values = {"id": "i", "canonical": 0, "techniques": (), "held_out": False, **changes}
    return CorpusEvent(source=source, group=group, label=label, hits=hits, **values)


@given(st.lists(st.integers(0, 12).map(lambda n: n / 12), min_size=1, max_size=80), st.floats(0, 0.99))
def test_at_most_the_share_reaches_the_threshold_and_no_lower_one_would_do(scores, share):
    found, scores = threshold(np.array(scores), share), np.array(scores)
    assert (scores >= found).sum() <= share * len(scores)
    below = scores[scores < found].max()
    assert (scores >= below).sum() > int(share * len(scores))


def test_ties_are_left_out_together():
    assert threshold(np.array([0.9, 0.5, 0.5, 0.1]), 0.5) == np.nextafter(0.5, 1)
    assert threshold(np.array([0.5] * 10), 0.3) == np.nextafter(0.5, 1)
    assert threshold(np.array([1.0] * 4), 0.0) > 1.0
    assert threshold(np.array([]), 0.5) == 1.0


def test_the_score_line_is_that_of_the_labels():
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 3, 20_000)
    malicious = rng.random(20_000) < 1 / (1 + np.exp(-(0.7 * logits - 2.0)))
    slope, offset = calibrate.score_line(logits, malicious)
    assert slope == pytest.approx(0.7, abs=0.05)
    assert offset == pytest.approx(-2.0, abs=0.1)


@pytest.mark.parametrize("true", [0.5, 1.0, 3.0])
def test_at_the_temperature_the_first_technique_is_right_as_often_as_it_says(true):
    rng = np.random.default_rng(2)
    logits = rng.normal(0, 2, (6000, 8))
    shares = np.exp(logits / true)
    shares /= shares.sum(1, keepdims=True)
    drawn = (rng.random((6000, 1)) < shares.cumsum(1)).argmax(1)
    assert calibrate.temperature(logits, np.eye(8)[drawn]) == pytest.approx(true, rel=0.15)


def test_a_family_with_enough_of_both_classes_gets_a_curve_and_thresholds_of_its_own(tiny, monkeypatch):
    monkeypatch.setattr(calibrate, "LEAST_ORDINARY", 20)
    monkeypatch.setattr(thresholds, "LEAST_ORDINARY", 20)
    monkeypatch.setattr(calibrate, "LEAST_ATTACKS", 5)
    rng = np.random.default_rng(3)
    source = "deeptempo_cic2017_sample"
    labels = ["malicious" if bad else "benign" for bad in rng.random(400) < 0.3]
    rows = rng.integers(0, len(tiny.forms), 400)
    events = [event(source, label=label, canonical=int(row)) for label, row in zip(labels, rows, strict=True)]
    budget = Budget(malicious=0.1, suspicious=0.3, unknown=0.2)
    heads = calibrate.calibrated(tiny.heads, events, tiny.forms, tiny.features, budget)
    held = {tiny.forms[row].family for row in rows}
    assert "windows" in heads.config.curves
    assert "" in heads.config.curves
    assert set(heads.config.curves) - {""} < held, "rare families share one curve"
    outcomes = heads.outcomes(tiny.features.vectors, tiny.features.grams, families(tiny.forms))
    ordinary = [r for r, e in zip(rows, events, strict=True) if e.label == "benign"]
    for family, curve in heads.config.curves.items():
        own = [outcomes[r].score for r in ordinary if heads.config.curve(tiny.forms[r].family) is curve]
        assert np.mean(np.array(own) >= curve.malicious) <= 0.1, family


def test_a_recording_is_kept_by_its_name_alone_and_about_one_in_eight_is():
    assert kept_for_calibration(event(label="benign")) == kept_for_calibration(event(label="malicious", id="x"))
    kept = [kept_for_calibration(event(group=f"g{i}")) for i in range(4000)]
    assert np.mean(kept) == pytest.approx(1 / calibrate.SHARE, abs=0.03)
    digest = sha256(b"otrf_security_datasets/g7").digest()
    assert kept[7] == (digest[0] % calibrate.SHARE == 0)


@pytest.mark.parametrize(
    ("source", "label", "hits", "known"),
    [
        ("panther_rule_tests", "malicious", (), True),
        ("panther_rule_tests", "benign", (("r", "high", ()),), False),
        ("panther_rule_tests", "unknown", (("r", "high", ()),), None),
        ("otrf_security_datasets", "malicious", (("r", "medium", ()),), True),
        ("otrf_security_datasets", "malicious", (("r", "low", ()),), False),
        ("evtx_baseline", "benign", (), False),
        ("evtx_baseline", "benign", (("r", "high", ()),), False),
        ("loghub_2k", "unknown", (), None),
    ],
)
def test_known_malice(source, label, hits, known):
    assert known_malice(event(source, label=label, hits=hits)) is known


def test_where_attacks_have_the_lower_logits_the_common_curve_holds(tiny):
    source = "deeptempo_cic2017_sample"
    logits = tiny.heads.malice_logits(tiny.features.vectors, tiny.features.grams)
    events = [
        event(source, label="malicious" if logit < np.median(logits) else "benign", canonical=i)
        for i, logit in enumerate(logits)
    ]
    heads = calibrate.calibrated(tiny.heads, events, tiny.forms, tiny.features, Budget(0.1, 0.3, 0.2))
    assert heads.config.curve("").slope == tiny.heads.config.curve("").slope > 0


def test_a_family_is_known_from_enough_distinct_events_on():
    forms = [CanonicalEvent(f, "k", (("n", str(i)),)) for f, n in (("often", 10), ("seldom", 9)) for i in range(n)]
    assert thresholds.known_families(forms) == ["often"]


def test_prototypes_are_the_seeds_and_lie_among_the_vectors(tiny):
    first, second = (calibrate.prototypes(tiny.features.vectors, 5, seed=3) for _ in range(2))
    assert first.tobytes() == second.tobytes()
    assert (first.shape, first.dtype) == ((5, 32), np.float32)
    assert (np.linalg.norm(first, axis=1) <= 1.0001).all()


def test_thresholds_hold_the_budget_on_the_ordinary_events(tiny):
    ordinary = np.arange(0, len(tiny.forms), 2)
    budget = Budget(malicious=0.1, suspicious=0.3, unknown=0.2)
    heads = thresholds.with_thresholds(tiny.heads, tiny.features, families(tiny.forms), ordinary, budget)
    outcomes = heads.outcomes(tiny.features.vectors, tiny.features.grams, families(tiny.forms))
    curve = heads.config.curve("")
    scores = np.array([outcomes[i].score for i in ordinary])
    assert 0 < (scores >= curve.malicious).sum() <= 0.1 * len(ordinary)
    assert 0 < (scores >= curve.suspicious).sum() <= 0.3 * len(ordinary)
    assert curve.suspicious <= curve.malicious
    novelty = np.array([o.novelty for o in outcomes])
    assert (novelty > heads.config.unknown).mean() == pytest.approx(0.2, abs=0.05)
