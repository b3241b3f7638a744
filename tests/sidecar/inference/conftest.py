"""No test of this folder leaves a thread behind."""

import sys

import pytest

from loglm_bridge.sidecar.inference import thread_pool
from tests.sidecar import double
from tests.sidecar.process import wait_until


def worker_threads():
    """Return the idents of all threads that a ThreadPool of this process has started and that still run."""
    code = thread_pool._Thread._run.__code__
    return {ident for ident, frame in sys._current_frames().items() if _runs(frame, code)}


def _runs(frame, code):
    while frame is not None and frame.f_code is not code:
        frame = frame.f_back
    return frame is not None


@pytest.fixture(autouse=True)
def no_threads_left(monkeypatch):
    """Release hanging calls after the test, and wait until all of its threads have ended."""
    monkeypatch.setattr(thread_pool, "_IDLE_SECONDS", 0.05)
    yield
    double.RELEASE_HANGING.set()
    wait_until(lambda: not worker_threads())
    double.RELEASE_HANGING.clear()
