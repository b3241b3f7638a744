"""Explanations: what leaving a field out does to the score."""

import numpy as np

from loglm_bridge.model.classifier.event_classifier import EventClassifier
from loglm_bridge.model.classifier.heads import Outcome
from loglm_bridge.model.explanation import MAX_NAMED, MAX_TRIED, event_fields
from loglm_bridge.model.folder.model_folder import ModelFolder
from loglm_bridge.telemetry import CanonicalEvent

WEIGHTS = {"image": 0.5, "command": 0.25, "parent": -0.375, "user": 0.0}


def outcome(score):
    return Outcome(score, "benign", (), 0.0, np.zeros(1), 0.0)


def score(forms):
    """A score that is a sum over the fields an event has."""
    return [outcome(0.2 + sum(WEIGHTS.get(name, 0.01) for name, _ in form.fields)) for form in forms]


def explained(*names):
    form = CanonicalEvent("windows", "sysmon:1", tuple((name, f"value of {name}") for name in names))
    return event_fields(form, score([form])[0], score)


def test_fields_are_named_by_how_far_the_score_falls_without_them():
    found = explained("user", "parent", "command", "image")
    assert [(f["name"], f["effect"]) for f in found] == [
        ("image", 0.5),
        ("parent", -0.375),
        ("command", 0.25),
    ]
    assert found[0]["value"] == "value of image"


def test_equal_effects_come_in_one_order_and_only_the_first_few():
    found = explained(*(f"x{i}" for i in reversed(range(9))))
    assert [f["name"] for f in found] == [f"x{i}" for i in range(MAX_NAMED)]


def test_an_event_without_fields_has_no_explanation():
    assert event_fields(CanonicalEvent("text", "", ()), outcome(0.5), score) == []


def test_the_cost_and_the_length_of_an_explanation_are_bounded():
    asked = []

    def counting(forms):
        asked.extend(forms)
        return score(forms)

    form = CanonicalEvent("a", "b", tuple((f"x{i}", "y" * 9000) for i in range(300)))
    found = event_fields(form, score([form])[0], counting)
    assert len(asked) == MAX_TRIED
    assert len(found) == MAX_NAMED
    assert len(str(found)) < 2000


def test_the_real_model_names_fields_of_the_event(tiny, sealed):
    judge = EventClassifier(ModelFolder.open(sealed), "base", 1)
    form = max(tiny.forms, key=lambda f: len(f.fields))
    found = event_fields(form, judge.outcomes([form])[0], judge.outcomes)
    assert found
    assert {(f["name"], f["value"]) for f in found} <= {(n, v[:120]) for n, v in form.fields}
