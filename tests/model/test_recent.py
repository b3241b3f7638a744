"""Recent events: found under all that reading depends on, in bounded memory, the lately asked for longest."""

import pytest

from loglm_bridge.contract.event import Event
from loglm_bridge.model.recent import _BESIDE, Recent
from loglm_bridge.model.steps import Step

EVENT = Event("raw", "type", "source", "host", 7.0, "entity")


def seen(time):
    return Step(time, "10.0.0.1")


def test_an_event_is_found_again_whoever_its_entity_is_and_whether_it_is_context():
    recent, one = Recent(), seen(7.0)
    recent.keep([Event("other"), EVENT], {1: one})
    asked = [Event("other"), EVENT, EVENT._replace(entity="x", context=True)]
    assert recent.find(asked) == {1: one, 2: one}


@pytest.mark.parametrize("change", [{"raw": "r"}, {"sourcetype": "t"}, {"source": "s"}, {"host": "h"}, {"time": None}])
def test_what_reading_depends_on_tells_events_apart(change):
    recent = Recent()
    recent.keep([EVENT], {0: seen(7.0)})
    assert recent.find([EVENT._replace(**change)]) == {}


def test_memory_is_bounded_and_what_is_asked_for_stays():
    recent = Recent(budget=20 * (_BESIDE + 10))
    events = [Event(f"{i:010}") for i in range(100)]
    for i, event in enumerate(events):
        recent.keep([event], {0: seen(float(i))})
        assert recent.held <= 10 * (_BESIDE + 10)
        assert recent.find([events[0]])[0].time == 0.0
    assert set(recent.find(events)) >= {0, 99}
    assert len(recent.find(events)) <= 20


def test_what_is_too_large_is_not_kept():
    recent = Recent(budget=100)
    recent.keep([EVENT], {0: seen(1.0)})
    assert recent.find([EVENT]) == {}


def test_all_can_be_forgotten():
    recent = Recent()
    recent.keep([EVENT], {0: seen(1.0)})
    recent.clear()
    assert (recent.find([EVENT]), recent.held) == ({}, 0)
