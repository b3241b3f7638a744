"""A bound on a whole call."""

import contextlib
import gc
import threading
import time
import weakref

import pytest

from loglm_bridge.splunk.client.deadline import within


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


class Held:
    """Something that a call is given."""


def failed():
    """Let a call fail that was given something; return a reference that does not keep it alive."""
    held = Held()
    with contextlib.suppress(ValueError):
        within(5, lambda: int(held.__class__.__name__))
    return weakref.ref(held)


def test_what_a_failed_call_was_given_is_freed_without_a_search_for_circles():
    gc.disable()
    try:
        held = failed()
        for thread in threading.enumerate():
            if thread.name == "loglm-call":
                thread.join(5)
        assert held() is None
    finally:
        gc.enable()
