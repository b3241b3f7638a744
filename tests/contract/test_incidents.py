"""Incidents: each flagged event in one, independent of the order of rows, chains in order of time."""

from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract import incidents
from loglm_bridge.contract.incidents import FlaggedEvent, Incidents

T1, T2 = ("T1110", "Brute Force", "credential-access"), ("T1059", "Interpreter", "execution")


def event(time, score=0.9, technique=T1, verdict="malicious", **more):
    return FlaggedEvent(float(time), score, verdict, [technique], f"k{time}", **more)


def grouped(flagged, gap=100.0):
    incidents_ = Incidents(gap)
    for entity, flagged_event in flagged:
        incidents_.add(entity, flagged_event)
    return incidents_.result()


FLAGGED = st.lists(st.tuples(st.sampled_from([("a",), ("b",)]), st.integers(0, 2_000).map(event)), max_size=60)


@given(FLAGGED, st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(flagged, rng):
    def summary(rows):
        return sorted((i.entity, i.first, i.last, i.events, i.id, sorted(i.keys)) for i in grouped(rows))

    assert summary(flagged) == summary(rng.sample(flagged, len(flagged)))


@given(FLAGGED)
def test_incidents_are_runs_without_a_longer_gap(flagged):
    result = grouped(flagged)
    assert sum(i.events for i in result) == len(flagged)
    for entity in (("a",), ("b",)):
        times = sorted(f.time for e, f in flagged if e == entity)
        starts = [t for i, t in enumerate(times) if i == 0 or t - times[i - 1] > 100.0]
        assert sorted(i.first for i in result if i.entity == entity) == starts


def test_chain_is_in_time_order_with_highest_scores():
    (incident,) = grouped([(("a",), event(50, 0.7, T2)), (("a",), event(10, 0.8)), (("a",), event(60, 0.99, T2))])
    assert incident.chain == [(*T1, 0.8), (*T2, 0.99)]
    assert (incident.first, incident.last, incident.events, incident.score) == (10.0, 60.0, 3, 0.99)


def test_one_malicious_event_makes_the_incident_malicious():
    (incident,) = grouped(
        [(("a",), event(1, verdict="suspicious")), (("a",), event(2)), (("a",), event(3, verdict="suspicious"))]
    )
    assert incident.verdict == "malicious"


@given(FLAGGED, st.lists(st.tuples(st.sampled_from([("a",), ("b",)]), st.integers(0, 2_000)), max_size=30))
def test_suspicious_events_near_an_incident_are_its_members(flagged, times):
    opened_only = grouped(flagged)
    waiting = [(entity, event(time, verdict="suspicious")) for entity, time in times]
    result = grouped([*waiting, *flagged])
    assert sorted(i.id for i in result) == sorted(i.id for i in opened_only)
    assert sum(i.alerts for i in result) == len(flagged)
    near = [
        any(i.entity == entity and i.first - 100.0 <= time <= i.last + 100.0 for i in opened_only)
        for entity, time in times
    ]
    assert sum(i.events for i in result) == len(flagged) + sum(near)


def test_suspicious_event_joins_the_nearest_incident():
    rows = [event(0), event(150), event(80, verdict="suspicious"), event(60, verdict="suspicious")]
    result = grouped([(("a",), row) for row in rows])
    assert sorted((i.opened, i.first, i.last, i.events, i.alerts) for i in result) == [
        (0.0, 0.0, 60.0, 2, 1),
        (150.0, 80.0, 150.0, 2, 1),
    ]


def test_suspicious_events_open_incidents_where_configured():
    incidents_ = Incidents(100.0, "suspicious")
    incidents_.add(("a",), event(1, verdict="suspicious"))
    assert [(i.verdict, i.alerts) for i in incidents_.result()] == [("suspicious", 1)]


def test_waiting_events_are_bounded(monkeypatch):
    monkeypatch.setattr(incidents, "MAX_WAITING", 3)
    incidents_ = Incidents(10.0)
    for i in range(5):
        incidents_.add(("a",), event(i, verdict="suspicious"))
    incidents_.add(("a",), event(0))
    assert ([i.events for i in incidents_.result()], incidents_.dropped) == ([4], 2)


def test_lists_are_bounded_and_all_events_counted(monkeypatch):
    monkeypatch.setattr(incidents, "MAX_INCIDENTS", 3)
    incidents_ = Incidents(10.0)
    for i in range(500):
        incidents_.add(("a",), event(i, values=[("user", f"u{i}")], technique=(f"T{1000 + i}", "x", "y")))
    for i in range(10):
        incidents_.add((f"e{i}",), event(i))
    first = max(incidents_.result(), key=lambda i: i.events)
    assert (first.events, len(first.keys), len(first.values)) == (500, incidents.MAX_KEYS, incidents.MAX_VALUES)
    assert len(first.chain) == incidents.MAX_TECHNIQUES
    assert len(incidents_.result()) == 3
    assert incidents_.dropped == 8
