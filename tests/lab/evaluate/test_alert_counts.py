"""Alerts as events and as incidents, counted on recordings, flows and ordinary machines."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.event import Event
from loglm_bridge.lab.data.sources import LabelledEvent
from loglm_bridge.lab.evaluate import alert_counts
from loglm_bridge.lab.evaluate.curves import ORDINARY, Answer

RECORDED = "otrf_security_datasets"
HIT = (("rule", "high", ("T1003",)),)


def answer(time, group="a", verdict="malicious", source=RECORDED, host="h", hits=(), score=None):
    label, techniques = ("benign", ()) if source == ORDINARY else ("malicious", ("T1003",))
    event = LabelledEvent(
        f"{group}/{host}/{time}", source, group, Event("x", host=host, time=time), label, techniques, hits
    )
    scores = {"malicious": 0.9, "suspicious": 0.5, "benign": 0.1}
    score = scores[verdict] if score is None else score
    return Answer(event, score, verdict == "malicious", verdict, (), np.zeros(2))


def pair(answer):
    return answer.event.event.host


ATTACKS = [
    *(answer(60.0 * i, hits=HIT) for i in range(5)),
    answer(400.0, verdict="suspicious", hits=HIT),
    answer(9e3, hits=HIT),
    answer(50.0, "b", "suspicious"),
    answer(50.0, "c", "benign"),
]
CALM = [answer(10.0 * i, "m", "malicious" if i < 3 else "suspicious", ORDINARY) for i in range(9)]


def test_flagged_events_of_a_host_are_few_incidents_at_the_same_recordings():
    found = alert_counts.measure([*ATTACKS, *CALM], pair)["recordings"]
    assert (found["recordings"], found["found"], found["events"], found["incidents"]) == (3, 1, 6, 2)
    assert (found["false_events"], found["false_incidents"], found["ordinary"]) == (3, 1, 9)


def test_a_suspicious_member_is_shown_and_costs_no_alert():
    found = alert_counts.measure([*ATTACKS, *CALM], pair)["recordings"]
    assert found["shown"] == 7
    # event by event the seventh attack event is shown only where suspicious events are alerts
    assert found["as_events"] == {"events": 8, "false_events": 9}


def test_incidents_are_counted_where_a_share_of_the_recordings_is_found():
    rows = alert_counts.measure([*ATTACKS, *CALM], pair)["at equal recall"]
    assert [row["recall"] for row in rows] == list(alert_counts.RECALLS)
    assert [row["found"] for row in rows] == [1, 1, 2, 2, 2, 2, 3]
    assert all(row["incidents"] <= row["events"] for row in rows)
    assert [row["threshold"] for row in rows] == sorted((row["threshold"] for row in rows), reverse=True)


def test_rules_raise_an_alert_for_each_rule_and_event():
    rules = alert_counts.measure([*ATTACKS, *CALM], pair)["rules"]
    assert (rules["found"], rules["alerts"], rules["false_alerts"]) == (1, 7, 0)
    assert (rules["at their recall"]["found"], rules["at their recall"]["incidents"]) == (1, 2)


def test_flows_are_counted_by_pair():
    def flow(i, label):
        made = answer(float(i), "block", host=f"pair {i % 2}")
        event = made.event.event._replace(sourcetype="netflow:json")
        return replace(made, event=replace(made.event, source="flows", label=label, event=event))

    found = alert_counts.measure([*(flow(i, "malicious") for i in range(10)), flow(11, "benign")], pair)["flows"]
    assert (found["events"], found["incidents"], found["false_events"], found["false_incidents"]) == (10, 2, 1, 1)


verdicts = st.sampled_from(["malicious", "suspicious", "benign"])


@given(st.lists(st.builds(answer, st.integers(0, 9000).map(float), st.sampled_from("ab"), verdicts), max_size=40))
def test_what_is_shown_is_what_incidents_hold(made):
    events = [replace(a, event=replace(a.event, id=str(i))) for i, a in enumerate(made)]
    held = alert_counts.incidents(events, lambda a: a.verdict, alert_counts.host)
    assert len(alert_counts.shown(events, lambda a: a.verdict, alert_counts.host)) == sum(
        incident.events for incident in held
    )
