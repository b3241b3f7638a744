"""The model's life: loading, restarting, giving up, stopping."""

import asyncio
import threading
import time

import pytest

from loglm_bridge.contract.errors import ModelFailed, ModelRefused, NotReady
from loglm_bridge.sidecar.inference import model_supervisor
from loglm_bridge.sidecar.inference.model_supervisor import MAX_RESTARTS, MAX_STRIKES, ModelSupervisor, loader
from loglm_bridge.sidecar.inference.watchdog import Watchdog
from loglm_bridge.sidecar.metrics import Metrics
from tests.sidecar.double import Double


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr(model_supervisor, "_FIRST_PAUSE", 0.001)
    monkeypatch.setattr(model_supervisor, "_LONGEST_PAUSE", 0.002)


def made(load, clock=time.monotonic):
    given_up = []
    return ModelSupervisor(load, Watchdog(), Metrics(), lambda: given_up.append(True), clock), given_up


def test_requests_are_taken_from_the_end_of_loading_to_the_stop():
    async def scenario():
        goes_on = threading.Event()

        def load():
            goes_on.wait(5)
            return Double.load(None, 1, "base")

        kept, _ = made(load)
        loading = asyncio.create_task(kept.start())
        await asyncio.sleep(0.01)
        with pytest.raises(NotReady, match="loading"):
            kept.ready_model()
        assert kept.last is None
        goes_on.set()
        await loading
        assert kept.ready_model() is kept.last
        kept.stop()
        with pytest.raises(NotReady, match="stopping"):
            kept.ready_model()
        assert kept.last is not None, "requests that were taken are still answered"
        kept.close()

    asyncio.run(scenario())


def test_a_stop_while_loading_is_not_forgotten():
    async def scenario():
        kept, _ = made(lambda: Double.load(None, 1, "base"))
        kept.stop()
        await kept.start()
        assert kept.reason == "stopping"

    asyncio.run(scenario())


@pytest.mark.parametrize(("mode", "kind"), [("refuse", ModelRefused), ("untested", ModelFailed)])
def test_a_model_that_is_refused_or_fails_its_test_is_never_ready(monkeypatch, mode, kind):
    monkeypatch.setenv("DOUBLE", mode)

    async def scenario():
        kept, _ = made(loader(Double.load, None, 1, "base"))
        with pytest.raises(kind):
            await kept.start()
        assert kept.reason == "loading"

    asyncio.run(scenario())


def test_a_model_that_cannot_be_brought_back_is_given_up():
    async def scenario():
        loads = []

        def load():
            loads.append(True)
            if len(loads) > 1:
                raise ModelFailed("still broken")
            return Double.load(None, 1, "base")

        kept, given_up = made(load)
        await kept.start()
        for _ in range(MAX_STRIKES):
            kept.strike()
        while not given_up:
            assert kept.reason == "failed"
            await asyncio.sleep(0.01)
        assert len(loads) == 1 + MAX_RESTARTS
        kept.strike()
        await asyncio.sleep(0.05)
        assert given_up == [True]

    asyncio.run(asyncio.wait_for(scenario(), 20))


def test_restarts_of_an_hour_ago_do_not_count():
    async def scenario():
        now = [0.0]
        kept, given_up = made(lambda: Double.load(None, 1, "base"), lambda: now[0])
        await kept.start()
        for _ in range(3 * MAX_RESTARTS):
            now[0] += 3_600 / MAX_RESTARTS + 1
            for _ in range(MAX_STRIKES):
                kept.strike()
            while kept.reason:
                await asyncio.sleep(0.001)
        assert given_up == []
        assert kept.reason == ""

    asyncio.run(asyncio.wait_for(scenario(), 20))
