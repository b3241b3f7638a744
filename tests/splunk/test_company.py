"""What earlier chunks leave to later ones: the last events of the last entities, within bounds."""

from loglm_bridge.contract.event import Event
from loglm_bridge.splunk.company import KEPT, Company


def events(entity, count, start=0, size=1):
    return [Event(f"{entity} {i} ".ljust(size, "x"), entity=entity, time=float(i)) for i in range(start, start + count)]


def test_the_last_events_of_an_entity_are_kept():
    company = Company()
    company.keep(events("a", KEPT + 5) + events("b", 2))
    assert company.of([Event("new", entity="a")]) == events("a", KEPT, start=5)
    assert company.of([Event("new", entity="b"), Event("x", entity="b")]) == events("b", 2)
    assert company.of([Event("new", entity="c"), Event("none")]) == []


def test_an_event_without_an_entity_is_nobodys_company():
    company = Company()
    company.keep([Event("alone")])
    assert company.of([Event("alone too")]) == []


def test_memory_is_bounded_and_the_stalest_entities_go_first():
    company = Company(characters=100_000)
    for i in range(1_000):
        company.keep(events(f"e{i}", 3, size=500))
    assert company._size <= 100_000
    assert company.of([Event("x", entity="e999")])
    assert not company.of([Event("x", entity="e0")])
    company.keep(events("long", 1, size=50_000))
    assert not company.of([Event("x", entity="long")])
