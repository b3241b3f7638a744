"""Threads that take turns: all work runs once, one piece at a time unless something hangs, and nothing starves."""

import random
import threading
import time

import pytest

from loglm_bridge.model.gil_release import released
from loglm_bridge.sidecar.inference import gil_turns
from loglm_bridge.sidecar.inference.gil_turns import MAX_WAIT, TurnScheduler
from tests.sidecar.inference.conftest import worker_threads
from tests.sidecar.process import wait_until


class Log:
    """What was done, by which thread; `wait` returns the entries once there are at least `count`."""

    def __init__(self):
        self.entries = []
        self._changed = threading.Condition()

    def add(self, entry):
        with self._changed:
            self.entries.append((entry, threading.get_ident()))
            self._changed.notify_all()

    def wait(self, count):
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.entries) >= count, 30), self.entries
        return [entry for entry, _ in self.entries]

    def threads(self, first=0):
        return {thread for _, thread in self.entries[first:]}


@pytest.fixture
def log():
    return Log()


@pytest.fixture
def unblock():
    """An event for which blocked work waits; set at the end of the test in any case."""
    event = threading.Event()
    yield event
    event.set()


def blocked(log, unblock, name="blocked"):
    def work():
        log.add(name)
        unblock.wait(30)
        log.add(f"{name} ended")

    return work


def adds(log, entry):
    """Return work that logs an entry. It is found by its identity."""
    return lambda: log.add(entry)


def test_queued_work_runs_in_order_on_the_thread_that_has_the_turn(log, unblock):
    scheduler = TurnScheduler()
    scheduler.submit(blocked(log, unblock))
    for number in range(5):
        scheduler.submit(adds(log, number))
    log.wait(1)
    unblock.set()
    assert log.wait(7) == ["blocked", "blocked ended", 0, 1, 2, 3, 4]
    assert len(log.threads()) == 1


def test_the_thread_that_worked_last_is_reused(log, unblock, monkeypatch):
    monkeypatch.setattr(gil_turns, "_IDLE_SECONDS", 5)
    scheduler = TurnScheduler()
    scheduler.submit(blocked(log, unblock, "first"))
    second = blocked(log, unblock, "second")
    scheduler.submit(second)
    scheduler.promote(second)
    log.wait(2)
    unblock.set()
    log.wait(4)
    for number in range(20):
        wait_until(lambda: scheduler.holder is None and len(scheduler.idle) == 2)
        last = scheduler.idle[-1]
        scheduler.submit(adds(log, number))
        log.wait(5 + number)
        wait_until(lambda last=last: last in scheduler.idle)
    assert len(log.threads(first=4)) == 1


def test_other_work_runs_while_a_turn_is_released(log, unblock):
    scheduler = TurnScheduler()

    def runs_a_model():
        with released():
            log.add("released")
            unblock.wait(30)
        log.add("reacquired")

    def other():
        log.add("other")
        unblock.set()
        time.sleep(MAX_WAIT / 4)
        log.add("other ended")

    scheduler.submit(runs_a_model)
    scheduler.submit(other)
    assert log.wait(4) == ["released", "other", "other ended", "reacquired"]
    assert len(log.threads()) == 2


def test_a_returning_thread_goes_before_queued_work(log, monkeypatch):
    monkeypatch.setattr(gil_turns, "MAX_WAIT", 30)
    scheduler = TurnScheduler()

    def runs_a_model():
        with released():
            log.add("released")
            wait_until(lambda: len(scheduler.queue) == 3)
        log.add("reacquired")

    def other():
        log.add("other")
        for _ in range(3):
            scheduler.submit(adds(log, "queued"))
        wait_until(lambda: scheduler.returning)

    scheduler.submit(runs_a_model)
    log.wait(1)
    scheduler.submit(other)
    assert log.wait(6) == ["released", "other", "reacquired", "queued", "queued", "queued"]


def test_a_hanging_call_delays_no_other(log, unblock):
    scheduler = TurnScheduler()

    def runs_a_model():
        with released():
            scheduler.submit(blocked(log, unblock))
            log.wait(1)
        log.add("reacquired")

    started = time.monotonic()
    scheduler.submit(runs_a_model)
    log.wait(2)
    assert time.monotonic() - started > MAX_WAIT / 2
    scheduler.promote(adds(log, "promoted"))
    assert len(log.entries) == 2, "work that was never submitted does not run"


def test_promoted_work_starts_beside_a_hanging_call_and_runs_once(log, unblock):
    scheduler = TurnScheduler()
    scheduler.submit(blocked(log, unblock))
    work = adds(log, "promoted")
    scheduler.submit(work)
    log.wait(1)
    time.sleep(0.02)
    assert len(log.entries) == 1
    scheduler.promote(work)
    log.wait(2)
    scheduler.promote(work)
    scheduler.submit(adds(log, "next"))
    assert log.wait(3) == ["blocked", "promoted", "next"], "the hanging call has lost its turn"
    unblock.set()
    log.wait(4)
    scheduler.submit(adds(log, "last"))
    assert log.wait(5)[3:] == ["blocked ended", "last"]


def test_the_turn_of_an_abandoned_call_is_handed_over(log, unblock):
    scheduler, work = TurnScheduler(), blocked(log, unblock)
    scheduler.submit(work)
    scheduler.submit(adds(log, "next"))
    log.wait(1)
    scheduler.abandon(lambda: None)
    time.sleep(0.02)
    assert len(log.entries) == 1
    scheduler.abandon(work)
    assert log.wait(2) == ["blocked", "next"]


def test_idle_threads_end(log):
    scheduler = TurnScheduler()
    for number in range(3):
        scheduler.submit(adds(log, number))
        log.wait(number + 1)
    wait_until(lambda: not worker_threads())
    assert not scheduler.idle
    scheduler.submit(adds(log, "again"))
    log.wait(4)


def test_without_a_further_thread_work_is_refused_or_queued(log, unblock, monkeypatch):
    scheduler = TurnScheduler()
    with monkeypatch.context() as no_thread:
        no_thread.setattr(gil_turns._thread, "start_new_thread", _refuse)
        with pytest.raises(RuntimeError):
            scheduler.submit(adds(log, "refused"))
    scheduler.submit(blocked(log, unblock))
    queued = adds(log, "queued")
    scheduler.submit(queued)
    log.wait(1)
    with monkeypatch.context() as no_thread:
        no_thread.setattr(gil_turns._thread, "start_new_thread", _refuse)
        with pytest.raises(RuntimeError):
            scheduler.promote(queued)
        scheduler.abandon(scheduler.holder.work)
        unblock.set()
        assert log.wait(3) == ["blocked", "blocked ended", "queued"]


def _refuse(*_):
    raise RuntimeError("can't start new thread")


@pytest.mark.parametrize("seed", range(4))
def test_all_work_runs_once_and_one_piece_at_a_time(seed, log, monkeypatch):
    monkeypatch.setattr(gil_turns, "MAX_WAIT", 30)
    scheduler, rng = TurnScheduler(), random.Random(seed)
    running, max_running, guard = [0], [0], threading.Lock()

    def change(by):
        with guard:
            running[0] += by
            max_running[0] = max(max_running[0], running[0])

    def work_of(number, pauses):
        def work():
            change(1)
            for seconds in pauses:
                change(-1)
                with released():
                    time.sleep(seconds)
                change(1)
            change(-1)
            log.add(number)

        return work

    for number in range(300):
        scheduler.submit(work_of(number, [rng.random() / 500 for _ in range(rng.randrange(4))]))
        time.sleep(rng.random() / 500)
    assert sorted(log.wait(300)) == list(range(300))
    assert max_running[0] == 1
