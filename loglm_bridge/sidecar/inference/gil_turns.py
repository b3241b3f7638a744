"""Threads that take turns at running Python, of which only one can run at a time anyway.

Left to themselves, threads take the GIL from each other every five milliseconds, each on another core, and reload what
the other had in its cache. Here one thread has the turn. It continues with the next piece of work as long as there is
any, and releases its turn only while a native runtime works without the GIL (model/gil_release.py).

A turn is not a lock: a thread that has waited for MAX_WAIT takes it, so that a hanging call delays nobody. What turns
gain is measured in docs/dev/decisions/04-threads-and-memory.md.
"""

from __future__ import annotations

import _thread
import contextlib
from collections import deque
from collections.abc import Callable

from loglm_bridge.model import gil_release

#: Maximum seconds that a thread waits for its turn.
MAX_WAIT = 0.1

#: Seconds after which an idle thread ends.
_IDLE_SECONDS = 1.0

Work = Callable[[], None]


class TurnScheduler:
    """Runs pieces of work in threads. Thread-safe. The attributes are for its threads, under `lock`.

    `holder` has the turn, `queue` is work that no thread has begun, `returning` are threads that want their turn back,
    `idle` those without work.
    """

    def __init__(self) -> None:
        self.lock = _thread.allocate_lock()
        self.holder: _Thread | None = None
        self.queue: deque[Work] = deque()
        self.returning: deque[_Thread] = deque()
        self.idle: list[_Thread] = []

    def submit(self, work: Work) -> None:
        """Run `work`, which may not raise, in a thread: now, or when it is its turn.

        Raises RuntimeError where the system provides no further thread.
        """
        with self.lock:
            if self.holder is None:
                self._start(work)
            else:
                self.queue.append(work)

    def promote(self, work: Work) -> None:
        """Run `work` now if it is still queued. Raises RuntimeError as `submit` does; then it stays queued."""
        with self.lock:
            if work in self.queue:
                self._start(work)
                self.queue.remove(work)

    def abandon(self, work: Work) -> None:
        """Hand over the turn of the thread that runs `work`."""
        with self.lock:
            if self.holder is not None and self.holder.work is work:
                self.hand_over()

    def hand_over(self) -> None:
        """Give the turn to the next thread that wants it back, else to queued work."""
        self.holder = None
        if self.returning:
            self.holder = self.returning.popleft()
            self.holder.wake()
        elif self.queue:
            with contextlib.suppress(RuntimeError):  # no further thread: the work waits for an existing one
                self._start(self.queue[0])
                self.queue.popleft()

    def _start(self, work: Work) -> None:
        # the thread that worked last has most of its data in the processor's cache
        thread = self.idle.pop() if self.idle else _Thread(self)
        thread.start(work)
        self.holder = thread


class _Thread:
    """A thread, and its turn (model/gil_release.py)."""

    def __init__(self, scheduler: TurnScheduler) -> None:
        self.work: Work | None = None
        self._scheduler, self._started = scheduler, False
        self._asleep = _thread.allocate_lock()
        self._asleep.acquire()

    def start(self, work: Work) -> None:
        """Run `work`."""
        self.work = work
        if self._started:
            self.wake()
        else:
            # threading.Thread.start would block the caller until the new thread has got the GIL
            _thread.start_new_thread(self._run, ())
            self._started = True

    def wake(self) -> None:
        """Resume the thread."""
        self._asleep.release()

    def release(self) -> None:
        """Hand over the turn, if this thread still has it."""
        with self._scheduler.lock:
            if self._scheduler.holder is self:
                self._scheduler.hand_over()

    def reacquire(self) -> None:
        """Wait for the turn."""
        scheduler = self._scheduler
        with scheduler.lock:
            if scheduler.holder is None:
                scheduler.holder = self
                return
            scheduler.returning.append(self)
        if not self._sleep(MAX_WAIT, scheduler.returning):
            with scheduler.lock:
                scheduler.holder = self

    def _run(self) -> None:
        gil_release.bind(self)
        while self.work is not None:
            self.work()
            self._next()

    def _next(self) -> None:
        """Take the next piece of work, or wait for it; without one the thread ends."""
        scheduler = self._scheduler
        with scheduler.lock:
            self.work = None
            if scheduler.holder in (self, None) and scheduler.queue and not scheduler.returning:
                self.work, scheduler.holder = scheduler.queue.popleft(), self
                return
            scheduler.idle.append(self)
            if scheduler.holder is self:
                scheduler.hand_over()
        self._sleep(_IDLE_SECONDS, scheduler.idle)

    def _sleep(self, seconds: float, sleepers: deque[_Thread] | list[_Thread]) -> bool:
        """Wait until this thread is taken out of `sleepers` and woken; False if it left by itself after `seconds`."""
        if self._asleep.acquire(timeout=seconds):
            return True
        with self._scheduler.lock:
            if self in sleepers:
                sleepers.remove(self)
                return False
        return self._asleep.acquire()  # it was taken out at the last moment
