"""Quarantined events: bounded in number and time, identified by their text."""

from loglm_bridge.contract.event import Event
from loglm_bridge.sidecar.inference.quarantine import MAX_EVENTS, SECONDS, Quarantine


def test_an_event_is_quarantined_by_its_text_for_a_while():
    now = [0.0]
    quarantine = Quarantine(lambda: now[0])
    assert Event("bad") not in quarantine
    key = quarantine.add(Event("bad", time=1.0))
    assert len(key) == 12
    assert Event("bad", host="other", time=2.0) in quarantine
    assert Event("good") not in quarantine
    now[0] = SECONDS - 1
    assert Event("bad") in quarantine
    quarantine.add(Event("bad"))
    now[0] = SECONDS + 1
    assert Event("bad") in quarantine, "it failed again meanwhile"
    now[0] = 2 * SECONDS
    assert Event("bad") not in quarantine
    assert len(quarantine) == 0


def test_beyond_the_limit_the_oldest_event_is_released():
    quarantine = Quarantine(lambda: 0.0)
    for i in range(MAX_EVENTS + 5):
        quarantine.add(Event(str(i)))
    assert len(quarantine) == MAX_EVENTS
    assert Event("4") not in quarantine
    assert Event("5") in quarantine


def test_a_lone_surrogate_can_be_quarantined():
    quarantine = Quarantine()
    quarantine.add(Event("\ud800"))
    assert Event("\ud800") in quarantine
