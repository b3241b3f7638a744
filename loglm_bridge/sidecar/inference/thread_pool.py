"""Threads for calls that may never return: each call has a thread at once, and idle threads are reused for a while.

concurrent.futures does not fit: its threads are bounded in number, so calls that hang would use them up, and it waits
for them at exit.
"""

from __future__ import annotations

import _thread
from collections.abc import Callable

#: Seconds after which an idle thread ends.
_IDLE_SECONDS = 1.0

Work = Callable[[], None]


class ThreadPool:
    """Runs pieces of work in daemon threads. Thread-safe. The attributes are for its threads, under `lock`."""

    def __init__(self) -> None:
        self.lock = _thread.allocate_lock()
        self.idle: list[_Thread] = []

    def submit(self, work: Work) -> None:
        """Run `work`, which may not raise. Raises RuntimeError where the system provides no further thread."""
        with self.lock:
            # the thread that worked last has most of its data in the processor's cache
            thread = self.idle.pop() if self.idle else _Thread(self)
        thread.start(work)


class _Thread:
    """A thread, which sleeps while it is idle."""

    def __init__(self, pool: ThreadPool) -> None:
        self._pool = pool
        self._work: Work | None = None
        self._started = False
        self._asleep = _thread.allocate_lock()
        self._asleep.acquire()

    def start(self, work: Work) -> None:
        """Run `work`; the thread is new or was taken out of the idle ones."""
        self._work = work
        if self._started:
            self._asleep.release()
        else:
            # threading.Thread.start would block the caller until the new thread has got the GIL
            _thread.start_new_thread(self._run, ())
            self._started = True

    def _run(self) -> None:
        while self._work is not None:
            self._work()
            self._work = None
            self._wait_for_work()

    def _wait_for_work(self) -> None:
        """Be idle until work is started, or for _IDLE_SECONDS; without work the thread ends."""
        with self._pool.lock:
            self._pool.idle.append(self)
        if self._asleep.acquire(timeout=_IDLE_SECONDS):
            return
        with self._pool.lock:
            if self in self._pool.idle:
                self._pool.idle.remove(self)
                return
        self._asleep.acquire()  # it was taken out at the last moment
