"""No test of this folder leaves a thread behind."""

import sys
import time

import pytest

from loglm_bridge.sidecar.inference import gil_turns
from tests.sidecar import double


def worker_threads():
    """Return the idents of all threads that a TurnScheduler of this process has started and that still run."""
    code = gil_turns._Thread._run.__code__
    return {ident for ident, frame in sys._current_frames().items() if _runs(frame, code)}


def _runs(frame, code):
    while frame is not None and frame.f_code is not code:
        frame = frame.f_back
    return frame is not None


def wait_until(condition, seconds=30):
    """Wait until a condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.fixture(autouse=True)
def no_threads_left(monkeypatch):
    """Release hanging calls after the test, and wait until all of its threads have ended."""
    monkeypatch.setattr(gil_turns, "_IDLE_SECONDS", 0.05)
    yield
    double.RELEASE_HANGING.set()
    wait_until(lambda: not worker_threads())
    double.RELEASE_HANGING.clear()
