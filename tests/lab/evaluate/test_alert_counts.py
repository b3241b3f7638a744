"""Alerts as events and as incidents, counted for recordings, flows and ordinary machines."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.event import Event
from loglm_bridge.lab.data.sources import LabelledEvent
from loglm_bridge.lab.evaluate import alert_counts
from loglm_bridge.lab.evaluate.predictions import ORDINARY_SOURCE, Prediction

RECORDING_SOURCE = "otrf_security_datasets"
HIT = (("rule", "high", ("T1003",)),)


def predicted(time, group="a", verdict="malicious", source=RECORDING_SOURCE, host="h", hits=(), score=None):
    label, techniques = ("benign", ()) if source == ORDINARY_SOURCE else ("malicious", ("T1003",))
    event = LabelledEvent(
        f"{group}/{host}/{time}", source, group, Event("x", host=host, time=time), label, techniques, hits
    )
    scores = {"malicious": 0.9, "suspicious": 0.5, "benign": 0.1}
    score = scores[verdict] if score is None else score
    return Prediction(event, score, verdict == "malicious", verdict, (), np.zeros(2))


def pair(prediction):
    return prediction.event.event.host


ATTACKS = [
    *(predicted(60.0 * i, hits=HIT) for i in range(5)),
    predicted(400.0, verdict="suspicious", hits=HIT),
    predicted(9e3, hits=HIT),
    predicted(50.0, "b", "suspicious"),
    predicted(50.0, "c", "benign"),
]
BENIGN = [predicted(10.0 * i, "m", "malicious" if i < 3 else "suspicious", ORDINARY_SOURCE) for i in range(9)]


def test_flagged_events_of_a_host_form_fewer_incidents():
    counts = alert_counts.measure([*ATTACKS, *BENIGN], pair)["recordings"]
    assert (counts["recordings"], counts["found"], counts["events"], counts["incidents"]) == (3, 1, 6, 2)
    assert (counts["false_events"], counts["false_incidents"], counts["ordinary"]) == (3, 1, 9)


def test_a_suspicious_event_of_an_incident_is_shown_without_an_alert():
    counts = alert_counts.measure([*ATTACKS, *BENIGN], pair)["recordings"]
    assert counts["shown"] == 7
    # among single events the seventh attack event is shown only if suspicious events are alerts
    assert counts["as_events"] == {"events": 8, "false_events": 9}


def test_incidents_are_counted_at_each_share_of_the_recordings():
    rows = alert_counts.measure([*ATTACKS, *BENIGN], pair)["at equal recall"]
    assert [row["recall"] for row in rows] == list(alert_counts.RECALLS)
    assert [row["found"] for row in rows] == [1, 1, 2, 2, 2, 2, 3]
    assert all(row["incidents"] <= row["events"] for row in rows)
    assert [row["threshold"] for row in rows] == sorted((row["threshold"] for row in rows), reverse=True)


def test_rules_raise_an_alert_for_each_rule_and_event():
    rules = alert_counts.measure([*ATTACKS, *BENIGN], pair)["rules"]
    assert (rules["found"], rules["alerts"], rules["false_alerts"]) == (1, 7, 0)
    assert (rules["at their recall"]["found"], rules["at their recall"]["incidents"]) == (1, 2)


def test_flows_are_counted_by_pair():
    def flow(i, label):
        prediction = predicted(float(i), "block", host=f"pair {i % 2}")
        event = prediction.event.event._replace(sourcetype="netflow:json")
        return replace(prediction, event=replace(prediction.event, source="flows", label=label, event=event))

    counts = alert_counts.measure([*(flow(i, "malicious") for i in range(10)), flow(11, "benign")], pair)["flows"]
    assert (counts["events"], counts["incidents"], counts["false_events"], counts["false_incidents"]) == (10, 2, 1, 1)


verdicts = st.sampled_from(["malicious", "suspicious", "benign"])


@given(st.lists(st.builds(predicted, st.integers(0, 9000).map(float), st.sampled_from("ab"), verdicts), max_size=40))
def test_the_shown_events_are_those_of_the_incidents(predictions):
    numbered = [replace(p, event=replace(p.event, id=str(i))) for i, p in enumerate(predictions)]
    incidents = alert_counts.incidents(numbered, lambda p: p.verdict, alert_counts.host)
    shown = alert_counts.shown(numbered, lambda p: p.verdict, alert_counts.host)
    assert len(shown) == sum(incident.events for incident in incidents)
