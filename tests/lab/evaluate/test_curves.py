"""The report's numbers, on answers whose truth is known by construction."""

import numpy as np
import pytest

from loglm_bridge.contract.event import Event
from loglm_bridge.lab.data.sources import LabelledEvent
from loglm_bridge.lab.evaluate import curves
from loglm_bridge.lab.evaluate.curves import Answer

HIGH = (("rule", "high", ("T1003.001",)),)


def answer(source, group, score, techniques=(), said=(), hits=(), label="malicious", vector=(1.0, 0.0)):
    event = LabelledEvent(f"{source}/{group}", source, group, Event("x"), label, tuple(techniques), tuple(hits))
    verdict = "malicious" if score > 0.5 else "unknown" if score < 0.1 else "benign"
    return Answer(event, score, score > 0.5, verdict, tuple(said), np.asarray(vector, np.float32))


def ordinary(scores, hits=()):
    return [answer("evtx_baseline", "m", s, label="benign", hits=hits) for s in scores]


def recording(group, score, **more):
    return answer("open_xp_rules", group, score, ("T1003.001",), **more)


def test_a_perfect_forecast_has_no_calibration_error_and_a_wrong_one_has_all():
    said = [0.2] * 10 + [0.8] * 10
    true = [True] * 2 + [False] * 8 + [True] * 8 + [False] * 2
    assert curves.reliability(said, true).error == pytest.approx(0.0)
    assert curves.reliability([1.0] * 4, [False] * 4).error == 1.0
    assert curves.reliability([0.1, 0.9, 0.95], [False, True, True]).counts == (1, 1, 1)


def test_score_and_first_confidence_are_judged_by_domain():
    held = [
        *ordinary([0.0, 0.0]),
        recording("a", 1.0, said=[("T1003.001", 0.9)], hits=HIGH),
        answer("panther_rule_tests", "p", 0.5, ("T1078",), [("T1110", 0.6)]),
    ]
    score, first = curves.score_reliability(held), curves.confidence_reliability(held)
    assert {name: round(d.error, 3) for name, d in score.items()} == {"Windows": 0.0, "panther_rule_tests": 0.5}
    assert {name: round(d.error, 3) for name, d in first.items()} == {"Windows": 0.1, "panther_rule_tests": 0.6}


def test_the_unknown_share_is_of_ordinary_events():
    held = [*ordinary([0.05, 0.2, 0.3, 0.9]), recording("a", 0.01)]
    assert curves.unknown_share(held) == 0.25
    assert curves.unknown_share([recording("a", 0.01)]) == 0.0


def test_recall_by_budget_counts_recordings_above_the_ordinary_score():
    held = [*ordinary([0.1, 0.4, 0.2, 0.3]), recording("a", 0.9), recording("a", 0.1), recording("b", 0.25)]
    alerts, recall = curves.recall_by_budget(held)["open_xp_rules"]
    assert alerts.tolist() == [0, 2500, 5000, 7500]
    assert recall.tolist() == [0.5, 0.5, 1.0, 1.0]
    assert curves.recall_by_budget(held[4:]) == {}


def test_union_with_sigma_spends_no_more_alerts_than_sigma():
    quiet = (("rule", "medium", ()),)
    held = [*ordinary([0.1] * 8), *ordinary([0.6], hits=quiet), *ordinary([0.2], hits=HIGH)]
    held += [recording("a", 0.0, hits=HIGH), recording("b", 0.7), recording("c", 0.15), recording("d", 0.0)]
    assert curves.union_with_sigma(held) == {"open_xp_rules": {"sigma": 0.25, "score": 0.5, "either": 0.75}}


def test_a_technique_is_found_first_or_among_three_as_the_best_event_says():
    held = curves.recordings(
        [
            recording("a", 0.1, said=[("T1059", 0.3), ("T1003.006", 0.2)]),
            recording("a", 0.1, said=[("T1003.002", 0.8)]),
            recording("b", 0.1, said=[("T1059", 0.9), ("T1055", 0.5), ("T1003.001", 0.4)]),
            recording("c", 0.1, said=[]),
        ]
    )
    assert curves.found_by_technique(held) == {"T1003": (3, 1, 2)}
    names, counts = curves.confusion(held)
    assert names == ["T1003"]
    assert counts.tolist() == [[1, 2]]


def test_the_nearest_recording_is_the_one_with_the_same_direction():
    held = curves.recordings(
        [recording(g, 0.5, vector=v) for g, v in (("a", (1, 0)), ("b", (0, 1)), ("c", (0.9, 0.1)), ("d", (0.1, 0.9)))]
    )
    near = curves.nearest(held, neighbours=1)
    assert {n[1]: others[0][0][1] for n, others in near.items()} == {"a": "c", "c": "a", "b": "d", "d": "b"}
    assert curves.nearest({("s", "a"): held["open_xp_rules", "a"]}) == {}
