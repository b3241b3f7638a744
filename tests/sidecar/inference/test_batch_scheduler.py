"""Requests are cut and merged into batches, in order, and abandoned ones never reach the model."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loglm_bridge.contract.errors import ModelFailed
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.wire import Options
from loglm_bridge.sidecar.inference.batch_scheduler import MAX_SLICE, Scheduler
from loglm_bridge.sidecar.inference.model_call import EncodedVerdict


class EchoLabel:
    """Returns the text of each event as its result; waits for `gate` if one is set."""

    def __init__(self):
        self.calls, self.gate, self.running, self.max_running = [], None, 0, 0

    async def __call__(self, events, options, state):
        self.calls.append((len(events), options))
        self.running += 1
        self.max_running = max(self.max_running, self.running)
        if self.gate:
            await self.gate.wait()
        else:
            await asyncio.sleep(0)
        self.running -= 1
        if any(event.raw == "FAIL" for event in events):
            raise ModelFailed("no")
        return [EncodedVerdict("ok", event.raw.encode()) for event in events]

    @property
    def sizes(self):
        return [size for size, _ in self.calls]


def events(count, name=""):
    return [Event(f"{name}{i}") for i in range(count)]


def run(scenario, workers=2):
    async def main():
        label = EchoLabel()
        scheduler = Scheduler(label, workers)
        scheduler.start()
        await scenario(scheduler, label)
        scheduler.stop()

    asyncio.run(asyncio.wait_for(main(), 20))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 700), max_size=8), st.integers(1, 4))
def test_every_request_gets_its_own_results_in_order(sizes, workers):
    async def scenario(scheduler, label):
        requests = [events(size, f"{i}-") for i, size in enumerate(sizes)]
        replies = await asyncio.gather(*(scheduler.run(r, Options()) for r in requests))
        assert [[result.body.decode() for result in reply] for reply in replies] == [
            [e.raw for e in r] for r in requests
        ]
        assert all(size <= MAX_SLICE for size in label.sizes)
        assert label.max_running <= workers

    run(scenario, workers)


def test_a_large_request_is_shared_by_the_workers():
    async def scenario(scheduler, label):
        await scheduler.run(events(200), Options())
        assert label.sizes == [100, 100]
        label.calls.clear()
        await scheduler.run(events(20), Options())
        assert label.sizes == [20]

    run(scenario)


def test_waiting_requests_with_the_same_options_share_a_call():
    async def scenario(scheduler, label):
        label.gate = asyncio.Event()
        first = asyncio.create_task(scheduler.run(events(1), Options()))
        await asyncio.sleep(0.01)
        kinds = [Options()] * 5 + [Options(top=1)] * 2 + [Options()]
        waiting = [asyncio.create_task(scheduler.run(events(10), options)) for options in kinds]
        await asyncio.sleep(0.01)
        label.gate.set()
        await asyncio.gather(first, *waiting)
        assert label.calls == [(1, Options()), (50, Options()), (20, Options(top=1)), (10, Options())]

    run(scenario, workers=1)


def test_a_sequence_is_neither_cut_nor_merged():
    async def scenario(scheduler, label):
        options = Options(sequence=True)
        await asyncio.gather(*(scheduler.run(events(600), options) for _ in range(3)))
        assert label.sizes == [600] * 3

    run(scenario, workers=1)


def test_a_failure_reaches_its_request_and_the_workers_go_on():
    async def scenario(scheduler, label):
        for _ in range(3):
            with pytest.raises(ModelFailed):
                await scheduler.run([*events(300), Event("FAIL")], Options())
        assert len(await scheduler.run(events(3), Options())) == 3

    run(scenario)


def test_queued_work_of_a_disconnected_client_never_reaches_the_model():
    async def scenario(scheduler, label):
        label.gate = asyncio.Event()
        first = asyncio.create_task(scheduler.run(events(1), Options()))
        await asyncio.sleep(0.01)
        cancelled = asyncio.create_task(scheduler.run(events(100), Options()))
        stays = asyncio.create_task(scheduler.run(events(5), Options()))
        await asyncio.sleep(0.01)
        cancelled.cancel()
        label.gate.set()
        assert len(await first) == 1
        assert len(await stays) == 5
        assert label.sizes == [1, 5]
        with pytest.raises(asyncio.CancelledError):
            await cancelled

    run(scenario, workers=1)


def test_a_client_that_disconnects_during_its_call_affects_no_other():
    async def scenario(scheduler, label):
        label.gate = asyncio.Event()
        cancelled = asyncio.create_task(scheduler.run(events(1), Options()))
        await asyncio.sleep(0.01)
        cancelled.cancel()
        await asyncio.sleep(0.01)
        label.gate.set()
        assert len(await scheduler.run(events(5), Options())) == 5

    run(scenario, workers=1)
