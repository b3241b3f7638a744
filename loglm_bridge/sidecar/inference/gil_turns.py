"""Threads that take turns: of all that would run Python only one can, and one that is let finish is the quickest.

Left to themselves, threads take the interpreter from each other every five milliseconds, each on another core, and
fetch anew what the other had near. Here one thread has the turn. It goes on with the next piece of work as long as some
waits, and leaves its turn only where a runtime works without Python (model/gil_release.py).

A turn is no lock: who has waited for it for PATIENCE takes it, so that what hangs holds up nobody.
"""

from __future__ import annotations

import _thread
import contextlib
from collections import deque
from collections.abc import Callable

from loglm_bridge.model import gil_release

#: Seconds that a turn is waited for.
PATIENCE = 0.1

#: Seconds after which a thread without work ends.
_IDLE_SECONDS = 1.0

Work = Callable[[], None]


class TurnScheduler:
    """Hands pieces of work to threads. Thread-safe. Attributes are for its threads, which hold the `lock`."""

    def __init__(self) -> None:
        self.lock = _thread.allocate_lock()
        self.holder: _Thread | None = None
        self.waiting: deque[Work] = deque()
        self.returning: deque[_Thread] = deque()
        self.idle: list[_Thread] = []

    def put(self, work: Work) -> None:
        """Have `work`, which may not raise, run in a thread: now, or when it is its turn.

        Raises RuntimeError where the system gives no further thread.
        """
        with self.lock:
            if self.holder is None:
                self._start(work)
            else:
                self.waiting.append(work)

    def hurry(self, work: Work) -> None:
        """Have `work` run now, if it still waits. Raises RuntimeError as `put` does; then it waits on."""
        with self.lock:
            if work in self.waiting:
                self._start(work)
                self.waiting.remove(work)

    def give_up(self, work: Work) -> None:
        """Let others have the turn of who does `work`."""
        with self.lock:
            if self.holder is not None and self.holder.work is work:
                self.pass_on()

    def pass_on(self) -> None:
        """Let those have the turn who wait for it."""
        self.holder = None
        if self.returning:
            self.holder = self.returning.popleft()
            self.holder.wake()
        elif self.waiting:
            with contextlib.suppress(RuntimeError):  # no further thread: it waits for one of these
                self._start(self.waiting[0])
                self.waiting.popleft()

    def _start(self, work: Work) -> None:
        # the one that was at work last has most of what it takes near
        thread = self.idle.pop() if self.idle else _Thread(self)
        thread.begin(work)
        self.holder = thread


class _Thread:
    """A thread, and its turn in the sense of model/gil_release.py."""

    def __init__(self, turns: TurnScheduler) -> None:
        self.work: Work | None = None
        self._turns, self._begun = turns, False
        self._asleep = _thread.allocate_lock()
        self._asleep.acquire()

    def begin(self, work: Work) -> None:
        """Do `work`."""
        self.work = work
        if self._begun:
            self.wake()
        else:
            # threading.Thread.start would hold up the caller until the new thread has got the interpreter from others
            _thread.start_new_thread(self._run, ())
            self._begun = True

    def wake(self) -> None:
        """Go on."""
        self._asleep.release()

    def leave(self) -> None:
        """Let others have the turn, if it is still this thread's."""
        with self._turns.lock:
            if self._turns.holder is self:
                self._turns.pass_on()

    def come_back(self) -> None:
        """Wait for the turn."""
        turns = self._turns
        with turns.lock:
            if turns.holder is None:
                turns.holder = self
                return
            turns.returning.append(self)
        if not self._woken(PATIENCE, turns.returning):
            with turns.lock:
                turns.holder = self

    def _run(self) -> None:
        gil_release.take(self)
        while self.work is not None:
            self.work()
            self._next()

    def _next(self) -> None:
        """Find the next piece of work, or wait for it; without one the thread ends."""
        turns = self._turns
        with turns.lock:
            self.work = None
            if turns.holder in (self, None) and turns.waiting and not turns.returning:
                self.work, turns.holder = turns.waiting.popleft(), self
                return
            turns.idle.append(self)
            if turns.holder is self:
                turns.pass_on()
        self._woken(_IDLE_SECONDS, turns.idle)

    def _woken(self, seconds: float, among: deque[_Thread] | list[_Thread]) -> bool:
        """Wait until somebody takes this thread from `among` and wakes it; else it leaves by itself."""
        if self._asleep.acquire(timeout=seconds):
            return True
        with self._turns.lock:
            if self in among:
                among.remove(self)
                return False
        return self._asleep.acquire()  # it was woken at the last moment
