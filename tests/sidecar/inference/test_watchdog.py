"""Calls in threads: their results, their errors, and what is known of those that hang."""

import _thread
import asyncio
import threading
import time

import pytest

from loglm_bridge.sidecar.inference.watchdog import HungError, Watchdog


def test_a_call_returns_or_raises_what_its_function_does():
    async def scenario():
        watchdog = Watchdog()
        assert await watchdog.call(lambda: 5) == 5
        assert await watchdog.call(lambda: None, 5) is None
        for error in (ValueError("v"), TimeoutError("t"), StopIteration("s"), SystemExit(3), MemoryError()):
            with pytest.raises(BaseException) as caught:  # noqa: PT011 (compared below)
                await watchdog.call(raiser(error), 5)
            # a coroutine may not let StopIteration out; Python turns it into RuntimeError
            assert caught.value is error or caught.value.__cause__ is error
        assert watchdog.abandoned == 0

    asyncio.run(scenario())


def raiser(error):
    def function():
        raise error

    return function


def test_calls_run_beside_the_event_loop_and_each_other():
    async def scenario():
        watchdog = Watchdog()
        meeting = threading.Barrier(2)
        await asyncio.gather(watchdog.call(meeting.wait, 5), watchdog.call(meeting.wait, 5))

    asyncio.run(scenario())


def test_a_call_that_hangs_is_counted_until_it_returns():
    async def scenario():
        watchdog, free = Watchdog(), threading.Event()
        with pytest.raises(HungError):
            await watchdog.call(free.wait, 0.05)
        assert (watchdog.stuck, watchdog.abandoned, watchdog.running) == (1, 1, 1)
        watchdog.forgive()
        assert (watchdog.stuck, watchdog.abandoned) == (0, 1)
        with pytest.raises(HungError):
            await watchdog.call(free.wait, 0.05)
        assert (watchdog.stuck, watchdog.abandoned) == (1, 2)
        free.set()
        while watchdog.abandoned:
            await asyncio.sleep(0.01)
        assert (watchdog.stuck, watchdog.running) == (0, 0)

    asyncio.run(asyncio.wait_for(scenario(), 10))


def test_a_hanging_call_that_ends_after_the_loop_harms_nobody(capfd):
    free, running = threading.Event(), _thread._count()

    async def scenario():
        with pytest.raises(HungError):
            await Watchdog().call(free.wait, 0.05)

    asyncio.run(scenario())
    assert _thread._count() == running + 1
    free.set()
    deadline = time.monotonic() + 5
    while _thread._count() > running:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert not capfd.readouterr().err
