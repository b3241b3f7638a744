"""The time limit on a whole call."""

import contextlib
import gc
import threading
import time
import weakref

import pytest

from loglm_bridge.splunk.client.deadline import within


def test_result_or_exception_of_the_call_is_passed_on():
    assert within(5, lambda: 7) == 7
    assert within(5, lambda: None) is None
    with pytest.raises(ZeroDivisionError):
        within(5, lambda: 1 / 0)


def test_call_that_overruns_raises_timeout():
    release = threading.Event()
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        within(0.1, release.wait)
    assert time.monotonic() - started < 20
    release.set()


class Argument:
    """An argument of a call."""


def failed():
    """Let a call with an argument fail; return a weak reference to the argument."""
    argument = Argument()
    with contextlib.suppress(ValueError):
        within(5, lambda: int(argument.__class__.__name__))
    return weakref.ref(argument)


def test_arguments_of_a_failed_call_are_freed_without_garbage_collection():
    gc.disable()
    try:
        argument = failed()
        for thread in threading.enumerate():
            if thread.name == "loglm-call":
                thread.join(5)
        assert argument() is None
    finally:
        gc.enable()
