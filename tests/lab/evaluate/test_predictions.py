"""Predictions: the row of the scorer, and the groups of the report."""

import numpy as np
import pytest

from loglm_bridge.contract.verdict import Technique, Verdict
from loglm_bridge.lab.evaluate.predictions import Prediction, by_recording, domain
from tests.lab.evaluate.predicted import HIGH, ordinary, predicted, recorded


def test_a_verdict_becomes_a_row_of_the_scorer():
    techniques = (Technique("T1003.001", "LSASS Memory", ("credential-access",), 0.9),)
    verdict = Verdict("ok", score=0.8, verdict="malicious", techniques=techniques)
    prediction = Prediction.of(recorded("a", 0.0).event, verdict, width=3)
    assert prediction.to_row() == {
        "id": "open_xp_rules/a",
        "score": 0.8,
        "malicious": True,
        "techniques": [["T1003.001", 0.9]],
    }
    assert np.array_equal(prediction.vector, np.zeros(3))


def test_only_events_of_recordings_with_techniques_are_grouped():
    a, b = recorded("a", 0.1), recorded("b", 0.2)
    without_technique = predicted("open_xp_rules", "c", 0.3)
    groups = by_recording([a, b, a, without_technique, *ordinary([0.4])])
    assert groups == {("open_xp_rules", "a"): [a, a], ("open_xp_rules", "b"): [b]}


@pytest.mark.parametrize(
    ("source", "name"),
    [("open_xp_rules", "Windows"), ("evtx_baseline", "Windows"), ("panther_rule_tests", "panther_rule_tests")],
)
def test_windows_sources_are_reported_together(source, name):
    assert domain(source) == name


def test_events_of_ordinary_machines_are_ordinary_unless_labelled_malicious():
    assert ordinary([0.1])[0].is_ordinary
    assert not predicted("evtx_baseline", "m", 0.1, label="malicious").is_ordinary
    assert not recorded("a", 0.1).is_ordinary


def test_a_hit_of_a_rule_of_level_high_is_a_rule_hit():
    assert recorded("a", 0.1, hits=HIGH).has_rule_hit
    assert not recorded("a", 0.1).has_rule_hit
