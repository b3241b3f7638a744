"""The thread pool: work runs at once, threads are reused while they are idle, and end."""

import threading

import pytest

from loglm_bridge.sidecar.inference import thread_pool
from loglm_bridge.sidecar.inference.thread_pool import ThreadPool
from tests.sidecar.inference.conftest import worker_threads
from tests.sidecar.process import wait_until


class Log:
    """What was done, by which thread."""

    def __init__(self):
        self.entries, self.threads = [], []

    def adds(self, entry):
        """Return work that logs an entry."""

        def work():
            self.threads.append(threading.get_ident())
            self.entries.append(entry)

        return work


@pytest.fixture
def log():
    return Log()


@pytest.fixture
def unblock():
    """An event for which blocked work waits; set at the end of the test in any case."""
    event = threading.Event()
    yield event
    event.set()


def test_work_runs_beside_calls_that_hang(log, unblock):
    pool = ThreadPool()
    for _ in range(3):
        pool.submit(unblock.wait)
    pool.submit(log.adds("done"))
    wait_until(lambda: log.entries == ["done"])
    assert len(worker_threads()) >= 3


def test_an_idle_thread_is_reused(log, monkeypatch):
    monkeypatch.setattr(thread_pool, "_IDLE_SECONDS", 5)
    pool = ThreadPool()
    for number in range(20):
        pool.submit(log.adds(number))
        wait_until(lambda: len(pool.idle) == 1)
    assert log.entries == list(range(20))
    assert len(set(log.threads)) == 1
    monkeypatch.setattr(thread_pool, "_IDLE_SECONDS", 0.01)
    pool.submit(log.adds("last"))  # its thread is idle for a short time only


def test_idle_threads_end(log):
    pool = ThreadPool()
    pool.submit(log.adds("first"))
    wait_until(lambda: log.entries and not worker_threads())
    assert not pool.idle
    pool.submit(log.adds("second"))
    wait_until(lambda: log.entries == ["first", "second"])


def test_threads_that_are_just_ending_lose_no_work(log, monkeypatch):
    monkeypatch.setattr(thread_pool, "_IDLE_SECONDS", 0.0005)
    pool = ThreadPool()
    for number in range(500):
        pool.submit(log.adds(number))
        wait_until(lambda number=number: len(log.entries) > number)
    assert log.entries == list(range(500))


def test_without_a_further_thread_work_is_refused(log, monkeypatch):
    def refuse(*_):
        raise RuntimeError("can't start new thread")

    pool = ThreadPool()
    with monkeypatch.context() as no_thread:
        no_thread.setattr(thread_pool._thread, "start_new_thread", refuse)
        with pytest.raises(RuntimeError):
            pool.submit(log.adds("refused"))
    pool.submit(log.adds("accepted"))
    wait_until(lambda: log.entries == ["accepted"])
