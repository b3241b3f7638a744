"""The circuit breaker by its clock."""

import pytest

from loglm_bridge.contract.errors import SidecarTimeout, SidecarUnavailable
from loglm_bridge.splunk.client.circuit_breaker import COOL_DOWN, MAX_FAILURES, CircuitBreaker


@pytest.fixture
def time():
    """A clock in a list."""
    return [0.0]


@pytest.fixture
def breaker(time):
    """A breaker on that clock."""
    return CircuitBreaker(lambda: time[0])


def test_it_opens_after_failures_in_a_row_with_the_last_error(breaker):
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


def test_after_the_cool_down_one_failure_opens_it_again_and_one_success_closes_it(breaker, time):
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


def test_a_lasting_failure_opens_it_for_good(breaker, time):
    breaker.record_failure(SidecarUnavailable("a"), permanent=True)
    time[0] = 1e9
    assert breaker.open


def test_raising_the_kept_error_does_not_grow_it(breaker):
    breaker.record_failure(SidecarUnavailable("a"), permanent=True)
    depths = []
    for _ in range(3):
        with pytest.raises(SidecarUnavailable) as caught:
            breaker.check()
        depths.append(len(caught.traceback))
    assert len(set(depths)) == 1
