"""Calls in threads: their results, their errors, and the count of those that hang."""

import asyncio
import threading

import pytest

from loglm_bridge.sidecar.inference.watchdog import HungError, Watchdog
from tests.sidecar.inference.conftest import worker_threads
from tests.sidecar.process import wait_until


def test_a_call_returns_or_raises_what_its_function_does():
    async def scenario():
        watchdog = Watchdog()
        assert await watchdog.call(lambda: 5) == 5
        assert await watchdog.call(lambda: None, 5) is None
        for error in (ValueError("v"), TimeoutError("t"), StopIteration("s"), SystemExit(3), MemoryError()):
            with pytest.raises(BaseException) as caught:  # noqa: PT011 (compared below)
                await watchdog.call(raiser(error), 5)
            # a coroutine may not raise StopIteration; Python turns it into RuntimeError
            assert caught.value is error or caught.value.__cause__ is error
        assert watchdog.all_hung == 0

    asyncio.run(scenario())


def raiser(error):
    def function():
        raise error

    return function


def test_calls_run_beside_the_event_loop_and_each_other():
    async def scenario():
        watchdog = Watchdog()
        barrier = threading.Barrier(2)
        await asyncio.gather(watchdog.call(barrier.wait, 5), watchdog.call(barrier.wait, 5))

    asyncio.run(scenario())


def test_a_hanging_call_is_counted_until_it_returns():
    async def scenario():
        watchdog, unblock = Watchdog(), threading.Event()
        with pytest.raises(HungError):
            await watchdog.call(unblock.wait, 0.05)
        assert (watchdog.hung, watchdog.all_hung, watchdog.running) == (1, 1, 1)
        watchdog.reset_hung()
        assert (watchdog.hung, watchdog.all_hung) == (0, 1)
        with pytest.raises(HungError):
            await watchdog.call(unblock.wait, 0.05)
        assert (watchdog.hung, watchdog.all_hung) == (1, 2)
        unblock.set()
        while watchdog.all_hung:
            await asyncio.sleep(0.01)
        assert (watchdog.hung, watchdog.running) == (0, 0)

    asyncio.run(asyncio.wait_for(scenario(), 10))


def test_a_hanging_call_may_return_after_the_loop_is_closed(capfd):
    unblock = threading.Event()

    async def scenario():
        with pytest.raises(HungError):
            await Watchdog().call(unblock.wait, 0.05)

    asyncio.run(scenario())
    assert len(worker_threads()) == 1
    unblock.set()
    wait_until(lambda: not worker_threads())
    assert not capfd.readouterr().err
