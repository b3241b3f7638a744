"""A bound on a whole call."""

import threading
import time

import pytest

from loglm_bridge.splunk.deadline import within


def test_what_the_call_returns_or_raises_comes_back():
    assert within(5, lambda: 7) == 7
    assert within(5, lambda: None) is None
    with pytest.raises(ZeroDivisionError):
        within(5, lambda: 1 / 0)


def test_a_call_that_overruns_is_left_behind():
    release = threading.Event()
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        within(0.1, release.wait)
    assert time.monotonic() - started < 20
    release.set()
