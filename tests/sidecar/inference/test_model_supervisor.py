"""The life cycle of the model: loading, restarting, giving up, stopping."""

import asyncio
import threading
import time

import pytest

from loglm_bridge.contract.errors import ModelFailed, ModelRefused, NotReady
from loglm_bridge.sidecar.inference import model_supervisor
from loglm_bridge.sidecar.inference.model_supervisor import (
    MAX_FAILURES,
    MAX_RESTARTS,
    ModelSupervisor,
    self_testing_loader,
)
from loglm_bridge.sidecar.inference.watchdog import Watchdog
from loglm_bridge.sidecar.metrics import Metrics
from tests.sidecar.double import Double


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr(model_supervisor, "_FIRST_PAUSE", 0.001)
    monkeypatch.setattr(model_supervisor, "_MAX_PAUSE", 0.002)


def supervise(load, clock=time.monotonic):
    given_up = []
    return ModelSupervisor(load, Watchdog(), Metrics(), lambda: given_up.append(True), clock), given_up


def test_requests_are_accepted_from_the_end_of_loading_until_the_stop():
    async def scenario():
        proceed = threading.Event()

        def load():
            proceed.wait(5)
            return Double.load(None, 1, "base")

        supervisor, _ = supervise(load)
        loading = asyncio.create_task(supervisor.start())
        await asyncio.sleep(0.01)
        with pytest.raises(NotReady, match="loading"):
            supervisor.ready_model()
        assert supervisor.last_model is None
        proceed.set()
        await loading
        assert supervisor.ready_model() is supervisor.last_model
        supervisor.stop()
        with pytest.raises(NotReady, match="stopping"):
            supervisor.ready_model()
        assert supervisor.last_model is not None, "accepted requests are still answered"
        supervisor.close()

    asyncio.run(scenario())


def test_a_stop_while_loading_takes_effect():
    async def scenario():
        supervisor, _ = supervise(lambda: Double.load(None, 1, "base"))
        supervisor.stop()
        await supervisor.start()
        assert supervisor.not_ready_reason == "stopping"

    asyncio.run(scenario())


@pytest.mark.parametrize(("mode", "error"), [("refuse", ModelRefused), ("untested", ModelFailed)])
def test_a_model_that_is_refused_or_fails_its_self_test_is_never_ready(monkeypatch, mode, error):
    monkeypatch.setenv("DOUBLE", mode)

    async def scenario():
        supervisor, _ = supervise(self_testing_loader(Double.load, None, 1, "base"))
        with pytest.raises(error):
            await supervisor.start()
        assert supervisor.not_ready_reason == "loading"

    asyncio.run(scenario())


def test_a_model_that_cannot_be_restarted_is_given_up():
    async def scenario():
        loads = []

        def load():
            loads.append(True)
            if len(loads) > 1:
                raise ModelFailed("still broken")
            return Double.load(None, 1, "base")

        supervisor, given_up = supervise(load)
        await supervisor.start()
        for _ in range(MAX_FAILURES):
            supervisor.record_failure()
        while not given_up:
            assert supervisor.not_ready_reason == "failed"
            await asyncio.sleep(0.01)
        assert len(loads) == 1 + MAX_RESTARTS
        supervisor.record_failure()
        await asyncio.sleep(0.05)
        assert given_up == [True]

    asyncio.run(asyncio.wait_for(scenario(), 20))


def test_restarts_older_than_an_hour_do_not_count():
    async def scenario():
        now = [0.0]
        supervisor, given_up = supervise(lambda: Double.load(None, 1, "base"), lambda: now[0])
        await supervisor.start()
        for _ in range(3 * MAX_RESTARTS):
            now[0] += 3_600 / MAX_RESTARTS + 1
            for _ in range(MAX_FAILURES):
                supervisor.record_failure()
            while supervisor.not_ready_reason:
                await asyncio.sleep(0.001)
        assert given_up == []
        assert supervisor.not_ready_reason == ""

    asyncio.run(asyncio.wait_for(scenario(), 20))
