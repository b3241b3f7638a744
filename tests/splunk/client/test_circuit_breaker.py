"""The circuit breaker, with a manual clock."""

import pytest

from loglm_bridge.contract.errors import SidecarTimeout, SidecarUnavailable
from loglm_bridge.splunk.client.circuit_breaker import COOL_DOWN, MAX_FAILURES, CircuitBreaker


@pytest.fixture
def time():
    """The clock's time, in a list."""
    return [0.0]


@pytest.fixture
def breaker(time):
    """A breaker on that clock."""
    return CircuitBreaker(lambda: time[0])


def test_circuit_opens_after_failures_in_a_row(breaker):
    for _ in range(MAX_FAILURES - 1):
        breaker.record_failure(SidecarUnavailable("a"))
        breaker.check()
    breaker.record_success()
    for _ in range(MAX_FAILURES):
        breaker.check()
        breaker.record_failure(SidecarTimeout("b"))
    assert breaker.open
    with pytest.raises(SidecarTimeout, match="b"):
        breaker.check()


def test_probe_after_the_cool_down_opens_or_closes_the_circuit(breaker, time):
    for _ in range(MAX_FAILURES):
        breaker.record_failure(SidecarUnavailable("a"))
    time[0] = COOL_DOWN
    breaker.check()
    breaker.record_failure(SidecarUnavailable("a"))
    assert breaker.open
    time[0] = 2 * COOL_DOWN
    breaker.record_success()
    breaker.record_failure(SidecarUnavailable("a"))
    assert not breaker.open


def test_permanent_failure_opens_the_circuit_for_good(breaker, time):
    breaker.record_failure(SidecarUnavailable("a"), permanent=True)
    time[0] = 1e9
    assert breaker.open


def test_repeated_raise_does_not_grow_the_traceback(breaker):
    breaker.record_failure(SidecarUnavailable("a"), permanent=True)
    depths = []
    for _ in range(3):
        with pytest.raises(SidecarUnavailable) as caught:
            breaker.check()
        depths.append(len(caught.traceback))
    assert len(set(depths)) == 1
