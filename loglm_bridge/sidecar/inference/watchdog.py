"""Calls that may never return: bounded in time, counted while they hang, and a last resort where even that fails.

A thread cannot be ended from outside, so a call that hangs is left behind in its own daemon thread. What is bounded
is how many of them there may be; who exceeds it gets a fresh model (see `keeper`).
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
from collections.abc import Callable
from typing import TypeVar

from loglm_bridge.sidecar.inference.gil_turns import PATIENCE, TurnScheduler

T = TypeVar("T")

#: Calls that may hang at a time.
MAX_STUCK = 8

#: The event loop may stand still for so many batch deadlines before the process gives itself up.
_DEADLINES_WITHOUT_A_BEAT = 10

_BEAT_SECONDS = 1.0

_STDERR = 2


class HungError(Exception):
    """A call passed its deadline and is left behind."""


class Watchdog:
    """Runs functions in threads and knows which of them hang."""

    def __init__(self) -> None:
        self._turns = TurnScheduler()
        self._stuck: set[asyncio.Future[object]] = set()
        self._abandoned: set[asyncio.Future[object]] = set()
        self._running = 0

    @property
    def stuck(self) -> int:
        """How many calls hang, not counting those that were forgiven."""
        return len(self._stuck)

    @property
    def abandoned(self) -> int:
        """How many calls hang at all."""
        return len(self._abandoned)

    @property
    def running(self) -> int:
        """How many calls have not returned, whether somebody waits for them or not."""
        return self._running

    def forgive(self) -> None:
        """Forget the calls that hang now: what they hang in has been replaced."""
        self._stuck.clear()

    async def call(self, function: Callable[[], T], seconds: float | None = None) -> T:
        """Return what `function` returns, called in a thread, at the latest after PATIENCE.

        Raises:
            HungError: it did not return within `seconds` of its call.
            Exception: whatever it raises.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[tuple[T | None, BaseException | None]] = loop.create_future()
        begun: list[float] = []

        def settle(value: T | None, error: BaseException | None) -> None:
            self._running -= 1
            if not future.done():
                future.set_result((value, error))

        def run() -> None:
            begun.append(loop.time())
            value, error = None, None
            try:
                value = function()
            except BaseException as raised:  # noqa: BLE001 (handed to the caller whatever it is)
                error = raised
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(settle, value, error)

        self._turns.put(run)
        self._running += 1
        late = loop.call_later(PATIENCE, self._turns.hurry, run)
        left = seconds
        while not (await asyncio.wait({future}, timeout=left))[0]:
            left = (begun[0] if begun else loop.time()) + seconds - loop.time()  # type: ignore[operator]  # None waits
            if left <= 0:
                self._turns.give_up(run)
                self._leave(future)
                raise HungError
        late.cancel()
        value, error = future.result()
        if error is not None:
            raise error
        return value  # type: ignore[return-value]  # None only where T allows it

    def _leave(self, future: asyncio.Future[tuple[T | None, BaseException | None]]) -> None:
        for held in (self._stuck, self._abandoned):
            held.add(future)  # type: ignore[arg-type]  # only counted
            future.add_done_callback(held.discard)


async def beat(deadline: float) -> None:
    """Keep the process alive as long as the event loop turns.

    Code that holds the interpreter's lock for ever (a runaway regular expression) stops every thread, so no watchdog
    written in Python can see it. faulthandler's timer is a thread of its own in C: where no beat resets it for ten
    deadlines, it writes the stack (places in the code, no values) to stderr and ends the process with code 1, which a
    service manager answers with a new one.
    """
    try:
        while True:
            faulthandler.dump_traceback_later(deadline * _DEADLINES_WITHOUT_A_BEAT, exit=True, file=_STDERR)
            await asyncio.sleep(_BEAT_SECONDS)
    finally:
        faulthandler.cancel_dump_traceback_later()
