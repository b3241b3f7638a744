"""Fault isolation: bisection after a failure, one by one after a hang, an end after a few deadlines."""

import asyncio

import pytest

from loglm_bridge.contract.errors import ModelFailed
from loglm_bridge.contract.event import Event
from loglm_bridge.sidecar.inference.fault_isolation import CRASHED, HUNG, NO_MEMORY, TIMED_OUT, FaultIsolation
from loglm_bridge.sidecar.inference.model_call import EncodedVerdict
from loglm_bridge.sidecar.inference.quarantine import Quarantine
from loglm_bridge.sidecar.inference.watchdog import HungError

OK = EncodedVerdict("ok", b"{}")
ERRORS = {"CRASH": RuntimeError, "HANG": HungError, "MEMORY": MemoryError}


class Isolation:
    """An isolation over a call that raises the errors that events name."""

    def __init__(self, deadline=60.0, model_is_broken=False):
        self.sizes, self.limits, self.checks = [], [], 0
        self.quarantine, self._broken = Quarantine(), model_is_broken
        self._isolation = FaultIsolation(self._call, self._check_model, lambda: None, self.quarantine, deadline)

    async def _call(self, events, seconds):
        self.sizes.append(len(events))
        self.limits.append(seconds)
        for event in events:
            if event.raw in ERRORS:
                raise ERRORS[event.raw]
        return [OK] * len(events)

    async def _check_model(self):
        self.checks += 1
        if self._broken:
            raise ModelFailed("broken")

    def run(self, *raws, error=None):
        events = [Event(raw) for raw in raws]
        return asyncio.run(self._isolation.run(events, error or RuntimeError()))


def test_a_failing_event_is_found_by_bisection_and_quarantined():
    isolation = Isolation()
    assert isolation.run("a", "b", "CRASH", "c") == [OK, OK, CRASHED, OK]
    assert isolation.sizes == [2, 2, 1, 1]
    assert Event("CRASH") in isolation.quarantine
    assert isolation.checks == 0


def test_after_a_hang_events_are_tried_one_by_one_with_less_time():
    isolation = Isolation(deadline=10.0)
    assert isolation.run("a", "HANG", "b", error=HungError()) == [OK, HUNG, OK]
    assert isolation.sizes == [1, 1, 1]
    assert isolation.limits == [2.0] * 3
    assert Event("HANG") in isolation.quarantine


def test_lack_of_memory_quarantines_nothing():
    isolation = Isolation()
    assert isolation.run("MEMORY", "a") == [NO_MEMORY, OK]
    assert len(isolation.quarantine) == 0


def test_events_that_the_search_does_not_reach_time_out():
    isolation = Isolation(deadline=-1.0)
    assert isolation.run("a", "b") == [TIMED_OUT] * 2


@pytest.mark.parametrize("count", [1, 3, 20])
def test_a_model_that_labels_nothing_is_tested(count):
    isolation = Isolation()
    assert isolation.run(*["CRASH"] * count) == [CRASHED] * count
    assert isolation.checks == 1
    with pytest.raises(ModelFailed):
        Isolation(model_is_broken=True).run(*["CRASH"] * count)


def test_a_broken_model_quarantines_nothing():
    isolation = Isolation(model_is_broken=True)
    with pytest.raises(ModelFailed):
        isolation.run(*["CRASH"] * 20)
    assert len(isolation.quarantine) == 0
    assert len(isolation.sizes) < 20
