"""The numbers of the report, on predictions for which they are known."""

import pytest

from loglm_bridge.lab.evaluate import curves
from loglm_bridge.lab.evaluate.predictions import by_recording
from tests.lab.evaluate.predicted import HIGH, ordinary, predicted, recorded


def test_the_calibration_error_is_zero_for_right_and_one_for_wrong_probabilities():
    probabilities = [0.2] * 10 + [0.8] * 10
    outcomes = [True] * 2 + [False] * 8 + [True] * 8 + [False] * 2
    assert curves.reliability(probabilities, outcomes).error == pytest.approx(0.0)
    assert curves.reliability([1.0] * 4, [False] * 4).error == 1.0
    assert curves.reliability([0.1, 0.9, 0.95], [False, True, True]).counts == (1, 1, 1)


def test_reliability_of_the_first_confidence_is_by_domain():
    predictions = [
        *ordinary([0.0, 0.0]),
        recorded("a", 1.0, ranking=[("T1003.001", 0.9)], hits=HIGH),
        predicted("panther_rule_tests", "p", 0.5, ("T1078",), [("T1110", 0.6)]),
    ]
    first = curves.confidence_reliability(predictions)
    assert {name: round(d.error, 3) for name, d in first.items()} == {"Windows": 0.1, "panther_rule_tests": 0.6}


def test_the_unknown_share_is_of_ordinary_events():
    predictions = [*ordinary([0.05, 0.2, 0.3, 0.9]), recorded("a", 0.01)]
    assert curves.unknown_share(predictions) == 0.25
    assert curves.unknown_share([recorded("a", 0.01)]) == 0.0


def test_recall_by_budget_counts_recordings_above_the_ordinary_score():
    predictions = [*ordinary([0.1, 0.4, 0.2, 0.3]), recorded("a", 0.9), recorded("a", 0.1), recorded("b", 0.25)]
    alerts, recall = curves.recall_by_budget(predictions)["open_xp_rules"]
    assert alerts.tolist() == [0, 2500, 5000, 7500]
    assert recall.tolist() == [0.5, 0.5, 1.0, 1.0]
    assert curves.recall_by_budget(predictions[4:]) == {}


def test_union_with_sigma_spends_no_more_alerts_than_sigma():
    medium = (("rule", "medium", ()),)
    predictions = [*ordinary([0.1] * 8), *ordinary([0.6], hits=medium), *ordinary([0.2], hits=HIGH)]
    predictions += [recorded("a", 0.0, hits=HIGH), recorded("b", 0.7), recorded("c", 0.15), recorded("d", 0.0)]
    assert curves.union_with_sigma(predictions) == {"open_xp_rules": {"sigma": 0.25, "score": 0.5, "either": 0.75}}


def test_a_technique_is_found_by_the_best_event_of_a_recording():
    recordings = by_recording(
        [
            recorded("a", 0.1, ranking=[("T1059", 0.3), ("T1003.006", 0.2)]),
            recorded("a", 0.1, ranking=[("T1003.002", 0.8)]),
            recorded("b", 0.1, ranking=[("T1059", 0.9), ("T1055", 0.5), ("T1003.001", 0.4)]),
            recorded("c", 0.1, ranking=[]),
        ]
    )
    assert curves.found_by_technique(recordings) == {"T1003": (3, 1, 2)}
    names, counts = curves.confusion(recordings)
    assert names == ["T1003"]
    assert counts.tolist() == [[1, 2]]


def test_the_nearest_recording_has_the_most_similar_vector():
    recordings = by_recording(
        [recorded(g, 0.5, vector=v) for g, v in (("a", (1, 0)), ("b", (0, 1)), ("c", (0.9, 0.1)), ("d", (0.1, 0.9)))]
    )
    near = curves.nearest(recordings, neighbours=1)
    assert {n[1]: others[0][0][1] for n, others in near.items()} == {"a": "c", "c": "a", "b": "d", "d": "b"}
    assert curves.nearest({("s", "a"): recordings["open_xp_rules", "a"]}) == {}
