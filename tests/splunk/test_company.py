"""What earlier chunks leave to later ones: the last events of the last entities, within bounds."""

from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.splunk.company import KEPT, Company
from loglm_bridge.splunk.rows import Told


def events(entity, count, start=0, size=1):
    return [Told(f"{entity} {i} ".ljust(size, "x"), "", float(i), entity) for i in range(start, start + count)]


def test_the_last_events_of_an_entity_are_kept():
    company = Company()
    company.keep(events("a", KEPT + 5) + events("b", 2))
    assert company.of(["a"]) == events("a", KEPT, start=5)
    assert company.of(["b", "b"]) == events("b", 2)
    assert company.of(["c", ""]) == []


def test_an_event_without_an_entity_is_nobodys_company():
    company = Company()
    company.keep(events("", 1))
    assert company.of([""]) == []


def test_memory_is_bounded_and_the_stalest_entities_go_first():
    company = Company(characters=100_000)
    for i in range(1_000):
        company.keep(events(f"e{i}", 3, size=500))
    assert company._size <= 100_000
    assert company.of(["e999"])
    assert not company.of(["e0"])
    company.keep(events("long", 1, size=50_000))
    assert not company.of(["long"])


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(1, 300)), max_size=60), st.integers(0, 60))
def test_chunks_leave_what_event_by_event_would(drawn, cut):
    told = [Told("x" * size, "", float(i), entity) for i, (entity, size) in enumerate(drawn)]
    company, slow = Company(characters=2_000), Company(characters=2_000)
    for chunk in (told[:cut], told[cut:]):
        company.keep(chunk)
        for event in chunk:
            kept = [*slow._events.pop(event.entity, []), event] if len(event.raw) <= 250 else None
            if kept:
                slow._events[event.entity] = kept[-KEPT:]
        while sum(len(e.raw) + 400 for kept in slow._events.values() for e in kept) > 2_000:
            slow._events.popitem(last=False)
    assert list(company._events.items()) == list(slow._events.items())
