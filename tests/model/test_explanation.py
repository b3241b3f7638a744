"""Explanations: the effect of leaving a field out."""

import math

import numpy as np
import pytest

from loglm_bridge.contract.event import Event
from loglm_bridge.contract.wire import Options
from loglm_bridge.model.classifier.event_classifier import EventClassifier
from loglm_bridge.model.classifier.heads import Outcome
from loglm_bridge.model.explanation import MAX_NAMED, MAX_TRIED, RuleMatch, event_fields
from loglm_bridge.model.features.compiled_rules import CompiledRule
from loglm_bridge.model.folder.model_folder import ModelFolder
from loglm_bridge.telemetry import CanonicalEvent, Record, parse_and_canonicalise
from tests.model.events import flow, logon

WEIGHTS = {"image": 0.5, "command": 0.25, "parent": -0.375, "user": 0.0}

FLOW_FIELDS = {
    "src_ip", "src_port", "dest_ip", "dest_port", "fwd_bytes", "bwd_bytes", "fwd_pkts", "bwd_pkts", "flow_dur",
}  # fmt: skip


def outcome(logit):
    return Outcome(0.5, "benign", (), 0.0, np.zeros(1), logit)


def classify(events):
    """Stands for a classifier whose logit is a sum over the fields and the rules of an event."""
    return [
        outcome(0.2 + sum(WEIGHTS.get(name, 0.01) for name, _ in event.fields) + len(event.rules)) for event in events
    ]


def explained(*names, matches=()):
    fields = tuple((name, f"value of {name}") for name in names)
    event = CanonicalEvent("windows", "sysmon:1", fields, rules=tuple(match.number for match in matches))
    record = Record("json", "windows", "sysmon:1", ())
    return event_fields(record, event, matches, classify([event])[0], classify)


def test_fields_are_ranked_by_how_far_the_score_falls_without_them():
    fields = explained("user", "parent", "command", "image")
    assert [(f["name"], f["effect"]) for f in fields] == [
        ("image", 0.5),
        ("parent", -0.375),
        ("command", 0.25),
    ]
    assert fields[0]["value"] == "value of image"
    assert [f["share"] for f in fields] == [0.6667, 0.0, 0.3333]


def test_without_a_field_the_rules_that_it_satisfies_do_not_match():
    rule = CompiledRule((), 0, "own high", ("T1003",), "r", "Title", "Act")
    fields = explained("user", "command", matches=[RuleMatch(3, rule, [("command", "value of command")])])
    assert [(f["name"], f["effect"]) for f in fields] == [("command", 1.25)]


def test_values_are_shown_as_they_were_logged():
    event = Event(
        raw='{"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "Image": "C:\\\\Tools\\\\A.EXE"}'
    )
    record, canonical = parse_and_canonicalise(event)
    fields = event_fields(record, canonical, (), classify([canonical])[0], classify)
    assert "C:\\Tools\\A.EXE" in {one["value"] for one in fields}


def test_equal_effects_are_in_one_order_and_limited_in_number():
    fields = explained(*(f"x{i}" for i in reversed(range(9))))
    assert [f["name"] for f in fields] == [f"x{i}" for i in range(MAX_NAMED)]


def test_an_event_without_fields_has_no_explanation():
    empty = Record("text", "text", "", ())
    assert event_fields(empty, CanonicalEvent("text", "", ()), (), outcome(0.5), classify) == []


def test_cost_and_length_of_an_explanation_are_bounded():
    classified = []

    def counting(events):
        classified.extend(events)
        return classify(events)

    event = CanonicalEvent("a", "b", tuple((f"x{i}", "y" * 9000) for i in range(300)))
    fields = event_fields(Record("text", "a", "b", ()), event, (), classify([event])[0], counting)
    assert len(classified) == MAX_TRIED
    assert len(fields) == MAX_NAMED
    assert len(str(fields)) < 2000


def test_a_real_classifier_names_fields_of_the_event(tiny, sealed):
    classifier = EventClassifier(ModelFolder.open(sealed), "base", 1)
    event = max(tiny.canonicals, key=lambda f: len(f.fields))
    record = Record("json", event.family, event.kind, ())
    fields = event_fields(record, event, (), classifier.outcomes([event])[0], classifier.outcomes)
    assert fields
    assert {(f["name"], f["value"]) for f in fields} <= {(n, v[:120]) for n, v in event.fields}


# --- in context ------------------------------------------------------------------------------------------------------


def test_context_is_reported_apart_from_the_fields_of_the_event(context_labeller):
    events = [logon(i) for i in range(6)]
    verdicts = [context_labeller.label(events, Options(explain=True, sequence=s)) for s in (True, False)]
    together, alone = next(pair for pair in zip(*verdicts, strict=True) if pair[0].score != pair[1].score)
    assert together.explanation["context"] == {"alone": alone.score, "together": together.score}
    assert "context" not in alone.explanation
    assert together.explanation["fields"] == alone.explanation["fields"]


def test_a_flow_is_explained_by_its_own_fields_in_its_window(context_labeller):
    events = [flow(i, fwd_bytes=9**i, dest_port=20 + i) for i in range(8)]
    verdicts = [context_labeller.label(events, Options(explain=True, sequence=s)) for s in (True, False)]
    for together, alone in zip(*verdicts, strict=True):
        assert {f["name"] for f in together.explanation["fields"]} <= FLOW_FIELDS
        assert together.explanation["kind"].startswith("flow")
        if together.score != alone.score:
            assert together.explanation["context"] == {"alone": alone.score, "together": together.score}
    assert any(verdict.explanation["fields"] for both in verdicts for verdict in both)


def test_the_effect_of_a_flow_field_is_the_score_that_is_lost_without_it(context_labeller):
    options = Options(explain=True)
    with_port, without = (context_labeller.label([flow(3, dest_port=port)], options)[0] for port in (22, ""))
    effects = {f["name"]: f["effect"] for f in with_port.explanation["fields"]}
    lost = log_odds(with_port.score) - log_odds(without.score)
    assert effects.get("dest_port", 0.0) == pytest.approx(lost, abs=0.02)


def log_odds(score):
    bounded = min(max(score, 1e-6), 1 - 1e-6)
    return math.log(bounded / (1 - bounded))
