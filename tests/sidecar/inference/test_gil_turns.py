"""Threads that take turns: all is done once, one at a time as long as nothing hangs, and nothing waits for ever."""

import _thread
import random
import threading
import time

import pytest

from loglm_bridge.model.gil_release import aside
from loglm_bridge.sidecar.inference import gil_turns as module
from loglm_bridge.sidecar.inference.gil_turns import PATIENCE, TurnScheduler


class Log:
    """What was done, by which thread; `wait` returns once so much was."""

    def __init__(self):
        self.lines = []
        self._more = threading.Condition()

    def add(self, line):
        with self._more:
            self.lines.append((line, threading.get_ident()))
            self._more.notify_all()

    def wait(self, count):
        with self._more:
            assert self._more.wait_for(lambda: len(self.lines) >= count, 30), self.lines
        return [line for line, _ in self.lines]


@pytest.fixture
def log():
    return Log()


@pytest.fixture
def free():
    """What blocked pieces of work wait for; set at the end of the test in any case."""
    event = threading.Event()
    yield event
    event.set()


def blocked(log, free, name="blocked"):
    def work():
        log.add(name)
        free.wait(30)
        log.add(f"{name} ended")

    return work


def test_what_waits_is_done_by_the_thread_that_has_the_turn_in_order(log, free):
    turns = TurnScheduler()
    turns.put(blocked(log, free))
    for number in range(5):
        turns.put(lambda number=number: log.add(number))
    log.wait(1)
    free.set()
    assert log.wait(7) == ["blocked", "blocked ended", 0, 1, 2, 3, 4]
    assert len({thread for _, thread in log.lines}) == 1


def test_the_thread_that_was_at_work_last_is_taken_again(log, free):
    turns = TurnScheduler()
    turns.put(blocked(log, free, "first"))
    second = blocked(log, free, "second")
    turns.put(second)
    turns.hurry(second)
    log.wait(2)
    free.set()
    log.wait(4)
    for number in range(20):
        while turns.holder is not None or len(turns.idle) < 2:
            time.sleep(0.001)
        last = turns.idle[-1]
        turns.put(lambda number=number: log.add(number))
        log.wait(5 + number)
        while last not in turns.idle:
            time.sleep(0.001)
    assert len({thread for _, thread in log.lines[4:]}) == 1


def test_others_are_at_work_while_one_is_aside(log, free):
    turns = TurnScheduler()

    def runs_a_model():
        with aside():
            log.add("aside")
            free.wait(30)
        log.add("back")

    def other():
        log.add("other")
        free.set()
        time.sleep(PATIENCE / 4)
        log.add("other ended")

    turns.put(runs_a_model)
    turns.put(other)
    assert log.wait(4) == ["aside", "other", "other ended", "back"]
    assert len({thread for _, thread in log.lines}) == 2


def test_who_comes_back_goes_before_what_has_not_begun(log, free):
    turns = TurnScheduler()

    def runs_a_model():
        with aside():
            log.add("aside")
            while len(turns.waiting) < 3:
                time.sleep(0.001)
        log.add("back")

    def other():
        log.add("other")
        for _ in range(3):
            turns.put(lambda: log.add("late"))
        while not turns.returning:
            time.sleep(0.001)

    turns.put(runs_a_model)
    log.wait(1)
    turns.put(other)
    assert log.wait(6) == ["aside", "other", "back", "late", "late", "late"]


def test_nothing_waits_for_what_hangs(log, free):
    turns = TurnScheduler()

    def runs_a_model():
        with aside():
            turns.put(blocked(log, free))
            log.wait(1)
        log.add("back")

    began = time.monotonic()
    turns.put(runs_a_model)
    log.wait(2)
    assert time.monotonic() - began > PATIENCE / 2
    late = lambda: log.add("hurried")  # noqa: E731 - it is looked for by its identity
    turns.hurry(late)
    assert len(log.lines) == 2, "what was never put is not done"
    free.set()
    log.wait(3)


def test_hurried_work_begins_beside_what_hangs_and_is_done_once(log, free):
    turns = TurnScheduler()
    turns.put(blocked(log, free))
    work = lambda: log.add("hurried")  # noqa: E731 - it is looked for by its identity
    turns.put(work)
    log.wait(1)
    time.sleep(0.02)
    assert len(log.lines) == 1
    turns.hurry(work)
    log.wait(2)
    turns.hurry(work)
    turns.put(lambda: log.add("next"))
    assert log.wait(3) == ["blocked", "hurried", "next"], "the turn is not that of what hangs any more"
    free.set()
    log.wait(4)
    turns.put(lambda: log.add("last"))
    assert log.wait(5)[3:] == ["blocked ended", "last"]


def test_the_turn_of_who_is_given_up_passes_on(log, free):
    turns, work = TurnScheduler(), blocked(log, free)
    turns.put(work)
    turns.put(lambda: log.add("next"))
    log.wait(1)
    turns.give_up(lambda: None)
    time.sleep(0.02)
    assert len(log.lines) == 1
    turns.give_up(work)
    assert log.wait(2) == ["blocked", "next"]


def test_threads_without_work_end(log, monkeypatch):
    monkeypatch.setattr(module, "_IDLE_SECONDS", 0.05)
    turns, before = TurnScheduler(), _thread._count()
    for number in range(3):
        turns.put(lambda number=number: log.add(number))
        log.wait(number + 1)
    deadline = time.monotonic() + 30
    while _thread._count() > before:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert not turns.idle
    turns.put(lambda: log.add("again"))
    log.wait(4)


def test_where_there_is_no_further_thread_work_is_refused_or_waits(log, free, monkeypatch):
    turns = TurnScheduler()
    with monkeypatch.context() as without:
        without.setattr(module._thread, "start_new_thread", _refuse)
        with pytest.raises(RuntimeError):
            turns.put(lambda: log.add("refused"))
    turns.put(blocked(log, free))
    waits = lambda: log.add("waits")  # noqa: E731 - it is looked for by its identity
    turns.put(waits)
    log.wait(1)
    monkeypatch.setattr(module._thread, "start_new_thread", _refuse)
    with pytest.raises(RuntimeError):
        turns.hurry(waits)
    turns.give_up(turns.holder.work)
    free.set()
    assert log.wait(3) == ["blocked", "blocked ended", "waits"]


def _refuse(*_):
    raise RuntimeError("can't start new thread")


@pytest.mark.parametrize("seed", range(4))
def test_everything_is_done_once_and_one_at_a_time(seed, log, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 30)
    turns, rng, at_work, most = TurnScheduler(), random.Random(seed), [0], [0]
    guard = threading.Lock()

    def change(by):
        with guard:
            at_work[0] += by
            most[0] = max(most[0], at_work[0])

    def work_of(number, asides):
        def work():
            change(1)
            for seconds in asides:
                change(-1)
                with aside():
                    time.sleep(seconds)
                change(1)
            change(-1)
            log.add(number)

        return work

    for number in range(300):
        turns.put(work_of(number, [rng.random() / 500 for _ in range(rng.randrange(4))]))
        time.sleep(rng.random() / 500)
    assert sorted(log.wait(300)) == list(range(300))
    assert most[0] == 1
