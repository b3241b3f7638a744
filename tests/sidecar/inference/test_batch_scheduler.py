"""Batches out of requests: cut, merged, in order, without work for nobody."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loglm_bridge.contract.errors import ModelFailed
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.wire import Options
from loglm_bridge.sidecar.inference.batch_scheduler import MAX_SLICE, Scheduler
from loglm_bridge.sidecar.inference.model_call import EncodedVerdict


class Labels:
    """Answers each event with its text; waits at `gate` where one is set."""

    def __init__(self):
        self.calls, self.gate, self.running, self.most = [], None, 0, 0

    async def __call__(self, events, options, state):
        self.calls.append((len(events), options))
        self.running += 1
        self.most = max(self.most, self.running)
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
        labels = Labels()
        scheduler = Scheduler(labels, workers)
        scheduler.start()
        await scenario(scheduler, labels)
        scheduler.stop()

    asyncio.run(asyncio.wait_for(main(), 20))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 700), max_size=8), st.integers(1, 4))
def test_every_request_gets_its_own_answers_in_order(sizes, workers):
    async def scenario(scheduler, labels):
        requests = [events(size, f"{i}-") for i, size in enumerate(sizes)]
        found = await asyncio.gather(*(scheduler.run(r, Options()) for r in requests))
        assert [[a.body.decode() for a in answers] for answers in found] == [[e.raw for e in r] for r in requests]
        assert all(size <= MAX_SLICE for size in labels.sizes)
        assert labels.most <= workers

    run(scenario, workers)


def test_a_large_request_is_shared_by_the_workers():
    async def scenario(scheduler, labels):
        await scheduler.run(events(200), Options())
        assert labels.sizes == [100, 100]
        labels.calls.clear()
        await scheduler.run(events(20), Options())
        assert labels.sizes == [20]

    run(scenario)


def test_waiting_requests_with_the_same_options_share_a_call():
    async def scenario(scheduler, labels):
        labels.gate = asyncio.Event()
        first = asyncio.create_task(scheduler.run(events(1), Options()))
        await asyncio.sleep(0.01)
        kinds = [Options()] * 5 + [Options(top=1)] * 2 + [Options()]
        waiting = [asyncio.create_task(scheduler.run(events(10), options)) for options in kinds]
        await asyncio.sleep(0.01)
        labels.gate.set()
        await asyncio.gather(first, *waiting)
        assert labels.calls == [(1, Options()), (50, Options()), (20, Options(top=1)), (10, Options())]

    run(scenario, workers=1)


def test_a_sequence_is_neither_cut_nor_merged():
    async def scenario(scheduler, labels):
        options = Options(sequence=True)
        await asyncio.gather(*(scheduler.run(events(600), options) for _ in range(3)))
        assert labels.sizes == [600] * 3

    run(scenario, workers=1)


def test_a_failure_reaches_its_request_and_the_workers_go_on():
    async def scenario(scheduler, labels):
        for _ in range(3):
            with pytest.raises(ModelFailed):
                await scheduler.run([*events(300), Event("FAIL")], Options())
        assert len(await scheduler.run(events(3), Options())) == 3

    run(scenario)


def test_work_whose_client_left_never_reaches_the_model():
    async def scenario(scheduler, labels):
        labels.gate = asyncio.Event()
        first = asyncio.create_task(scheduler.run(events(1), Options()))
        await asyncio.sleep(0.01)
        left = asyncio.create_task(scheduler.run(events(100), Options()))
        stays = asyncio.create_task(scheduler.run(events(5), Options()))
        await asyncio.sleep(0.01)
        left.cancel()
        labels.gate.set()
        assert len(await first) == 1
        assert len(await stays) == 5
        assert labels.sizes == [1, 5]
        with pytest.raises(asyncio.CancelledError):
            await left

    run(scenario, workers=1)


def test_a_client_that_leaves_during_its_call_stops_nothing_else():
    async def scenario(scheduler, labels):
        labels.gate = asyncio.Event()
        left = asyncio.create_task(scheduler.run(events(1), Options()))
        await asyncio.sleep(0.01)
        left.cancel()
        await asyncio.sleep(0.01)
        labels.gate.set()
        assert len(await scheduler.run(events(5), Options())) == 5

    run(scenario, workers=1)
