"""Events that are held back: bounded in number and time, recognised by their text."""

from loglm_bridge.contract.event import Event
from loglm_bridge.sidecar.inference.quarantine import MAX_EVENTS, SECONDS, Quarantine


def test_an_event_is_held_by_its_text_for_a_while():
    now = [0.0]
    quarantine = Quarantine(lambda: now[0])
    assert not quarantine.holds(Event("bad"))
    key = quarantine.add(Event("bad", time=1.0))
    assert len(key) == 12
    assert quarantine.holds(Event("bad", host="other", time=2.0))
    assert not quarantine.holds(Event("good"))
    now[0] = SECONDS - 1
    assert quarantine.holds(Event("bad"))
    quarantine.add(Event("bad"))
    now[0] = SECONDS + 1
    assert quarantine.holds(Event("bad")), "it offended again meanwhile"
    now[0] = 2 * SECONDS
    assert not quarantine.holds(Event("bad"))
    assert len(quarantine) == 0


def test_the_oldest_makes_room():
    quarantine = Quarantine(lambda: 0.0)
    for i in range(MAX_EVENTS + 5):
        quarantine.add(Event(str(i)))
    assert len(quarantine) == MAX_EVENTS
    assert not quarantine.holds(Event("4"))
    assert quarantine.holds(Event("5"))


def test_a_lone_surrogate_can_be_held():
    quarantine = Quarantine()
    quarantine.add(Event("\ud800"))
    assert quarantine.holds(Event("\ud800"))
