"""Incidents: every flagged event in one, the same whatever order the rows come in, the chain in order of time."""

from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract import incidents
from loglm_bridge.contract.incidents import FlaggedEvent, Incidents

T1, T2 = ("T1110", "Brute Force", "credential-access"), ("T1059", "Interpreter", "execution")


def event(time, score=0.9, technique=T1, verdict="malicious", **more):
    return FlaggedEvent(float(time), score, verdict, [technique], f"k{time}", **more)


def grouped(found, gap=100.0):
    made = Incidents(gap)
    for entity, flagged in found:
        made.add(entity, flagged)
    return made.result()


flagged = st.lists(st.tuples(st.sampled_from([("a",), ("b",)]), st.integers(0, 2_000).map(event)), max_size=60)


@given(flagged, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(found, rng):
    def told(rows):
        return sorted((i.entity, i.first, i.last, i.events, i.id, sorted(i.keys)) for i in grouped(rows))

    assert told(found) == told(rng.sample(found, len(found)))


@given(flagged)
def test_incidents_are_the_runs_without_a_longer_silence(found):
    made = grouped(found)
    assert sum(i.events for i in made) == len(found)
    for entity in (("a",), ("b",)):
        times = sorted(f.time for e, f in found if e == entity)
        starts = [t for i, t in enumerate(times) if i == 0 or t - times[i - 1] > 100.0]
        assert sorted(i.first for i in made if i.entity == entity) == starts


def test_the_chain_is_in_order_of_time_and_keeps_the_best_score():
    (made,) = grouped([(("a",), event(50, 0.7, T2)), (("a",), event(10, 0.8)), (("a",), event(60, 0.99, T2))])
    assert made.chain == [(*T1, 0.8), (*T2, 0.99)]
    assert (made.first, made.last, made.events, made.score) == (10.0, 60.0, 3, 0.99)


def test_a_malicious_event_makes_the_incident_malicious():
    (made,) = grouped(
        [(("a",), event(1, verdict="suspicious")), (("a",), event(2)), (("a",), event(3, verdict="suspicious"))]
    )
    assert made.verdict == "malicious"


@given(flagged, st.lists(st.tuples(st.sampled_from([("a",), ("b",)]), st.integers(0, 2_000)), max_size=30))
def test_suspicious_events_within_the_gap_of_an_incident_are_its_members(found, times):
    alone = grouped(found)
    waiting = [(entity, event(time, verdict="suspicious")) for entity, time in times]
    made = grouped([*waiting, *found])
    assert sorted(i.id for i in made) == sorted(i.id for i in alone)
    assert sum(i.alerts for i in made) == len(found)
    near = [
        any(i.entity == entity and i.first - 100.0 <= time <= i.last + 100.0 for i in alone) for entity, time in times
    ]
    assert sum(i.events for i in made) == len(found) + sum(near)


def test_a_suspicious_event_is_a_member_of_the_nearest_incident():
    rows = [event(0), event(150), event(80, verdict="suspicious"), event(60, verdict="suspicious")]
    made = grouped([(("a",), row) for row in rows])
    assert sorted((i.founded, i.first, i.last, i.events, i.alerts) for i in made) == [
        (0.0, 0.0, 60.0, 2, 1),
        (150.0, 80.0, 150.0, 2, 1),
    ]


def test_suspicious_events_found_incidents_where_asked():
    made = Incidents(100.0, "suspicious")
    made.add(("a",), event(1, verdict="suspicious"))
    assert [(i.verdict, i.alerts) for i in made.result()] == [("suspicious", 1)]


def test_waiting_events_are_bounded(monkeypatch):
    monkeypatch.setattr(incidents, "MOST_WAITING", 3)
    made = Incidents(10.0)
    for i in range(5):
        made.add(("a",), event(i, verdict="suspicious"))
    made.add(("a",), event(0))
    assert ([i.events for i in made.result()], made.beyond) == ([4], 2)


def test_what_is_named_is_bounded_and_all_is_counted(monkeypatch):
    monkeypatch.setattr(incidents, "MOST_INCIDENTS", 3)
    made = Incidents(10.0)
    for i in range(500):
        made.add(("a",), event(i, values=[("user", f"u{i}")], technique=(f"T{1000 + i}", "x", "y")))
    for i in range(10):
        made.add((f"e{i}",), event(i))
    first = max(made.result(), key=lambda i: i.events)
    assert (first.events, len(first.keys), len(first.values)) == (500, incidents.MOST_KEYS, incidents.MOST_VALUES)
    assert len(first.chain) == incidents.MOST_TECHNIQUES
    assert len(made.result()) == 3
    assert made.beyond == 8
