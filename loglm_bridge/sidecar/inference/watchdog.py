"""Calls that may never return: limited in time, counted while they hang, and a last resort where even that fails.

A thread cannot be ended from outside, so a call that hangs is left behind in its own daemon thread. Their number is
limited: beyond the limit the supervisor replaces the model.
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
from collections.abc import Callable
from typing import TypeVar

from loglm_bridge.sidecar.inference.thread_pool import ThreadPool

T = TypeVar("T")

#: Maximum calls that may hang at a time.
MAX_HUNG = 8

#: The process ends after its event loop stood still for this many batch deadlines.
_MAX_DEADLINES_STALLED = 10

_HEARTBEAT_SECONDS = 1.0

_STDERR = 2

_Future = asyncio.Future[tuple[T | None, BaseException | None]]


class HungError(Exception):
    """A call passed its deadline and is left behind."""


class Watchdog:
    """Runs functions in threads and counts those that hang."""

    def __init__(self) -> None:
        self._threads = ThreadPool()
        self._hung: set[asyncio.Future[object]] = set()
        self._all_hung: set[asyncio.Future[object]] = set()
        self._running = 0

    @property
    def hung(self) -> int:
        """Number of calls that hang, without those of before the last `reset_hung`."""
        return len(self._hung)

    @property
    def all_hung(self) -> int:
        """Number of all calls that hang."""
        return len(self._all_hung)

    @property
    def running(self) -> int:
        """Number of calls that have not returned, hanging ones included."""
        return self._running

    def reset_hung(self) -> None:
        """Stop counting the calls that hang now as `hung`: the model in which they hang was replaced."""
        self._hung.clear()

    async def call(self, function: Callable[[], T], seconds: float | None = None) -> T:
        """Return what `function` returns, called in a thread.

        Raises:
            HungError: it did not return within `seconds`.
            Exception: whatever it raises.
        """
        loop = asyncio.get_running_loop()
        future: _Future[T] = loop.create_future()

        def finish(value: T | None, error: BaseException | None) -> None:
            self._running -= 1
            if not future.done():
                future.set_result((value, error))

        def run() -> None:
            value, error = None, None
            try:
                value = function()
            except BaseException as raised:  # noqa: BLE001 (passed on to the caller)
                error = raised
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(finish, value, error)

        self._threads.submit(run)
        self._running += 1
        await asyncio.wait({future}, timeout=seconds)
        if not future.done():
            self._count_hung(future)
            raise HungError
        value, error = future.result()
        if error is not None:
            raise error
        return value  # type: ignore[return-value]  # None only where T allows it

    def _count_hung(self, future: _Future[T]) -> None:
        for calls in (self._hung, self._all_hung):
            calls.add(future)  # type: ignore[arg-type]  # only counted
            future.add_done_callback(calls.discard)


async def heartbeat(deadline: float) -> None:
    """Keep the process alive while the event loop is responsive.

    Code that never releases the GIL (a catastrophic regular expression) stops every thread, so no watchdog written in
    Python can detect it. The timer of faulthandler is a C thread. If no heartbeat resets it for ten deadlines, it
    writes the stack (code locations, no values) to stderr and ends the process with code 1, and the service manager
    starts a new one.
    """
    try:
        while True:
            faulthandler.dump_traceback_later(deadline * _MAX_DEADLINES_STALLED, exit=True, file=_STDERR)
            await asyncio.sleep(_HEARTBEAT_SECONDS)
    finally:
        faulthandler.cancel_dump_traceback_later()
