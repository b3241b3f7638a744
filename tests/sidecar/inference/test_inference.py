"""A batch through a model that does everything wrong (faults 8, 9, 16): the rows that can be saved are."""

import asyncio
import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loglm_bridge.contract.errors import ModelFailed, NotReady
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.reply import write_verdict
from loglm_bridge.contract.wire import Options
from loglm_bridge.sidecar.inference.inference import Inference
from loglm_bridge.sidecar.inference.model_call import ModelCall
from loglm_bridge.sidecar.inference.model_supervisor import MAX_STRIKES, ModelSupervisor, loader
from loglm_bridge.sidecar.inference.quarantine import Quarantine
from loglm_bridge.sidecar.inference.watchdog import MAX_STUCK, Watchdog
from loglm_bridge.sidecar.metrics import Metrics
from tests.sidecar.double import Double

DEADLINE = 0.5


class House:
    """The parts behind the scheduler, with the double."""

    def __init__(self, deadline=DEADLINE):
        self.metrics, self.watchdog, self.quarantine = Metrics(), Watchdog(), Quarantine()
        self.given_up = []
        load = loader(Double.load, None, 1, "base")
        self.keeper = ModelSupervisor(load, self.watchdog, self.metrics, lambda: self.given_up.append(True))
        self.inference = Inference(self.keeper, ModelCall(self.watchdog, self.metrics), self.quarantine, deadline)

    @property
    def model(self):
        return self.keeper.last

    async def label(self, *raws, sequence=False):
        answers = await self.inference.label([Event(raw) for raw in raws], Options(sequence=sequence))
        return [answer.status for answer in answers]


def run(scenario, **options):
    async def main():
        house = House(**options)
        await house.keeper.start()
        await scenario(house)

    asyncio.run(asyncio.wait_for(main(), 60))


def test_answers_are_the_verdicts_as_the_wire_has_them():
    async def scenario(house):
        events, options = [Event("a"), Event(""), Event("\ud800")], Options(top=1, embedding=True)
        answers = await house.inference.label(events, options)
        verdicts = house.model.label(events, options)
        assert [a.body for a in answers] == [write_verdict(v) for v in verdicts]
        assert [a.status for a in answers] == ["ok", "empty", "ok"]
        assert await house.label() == []

    run(scenario)


@pytest.mark.parametrize("kind", ["CRASH", "NAN"])
@pytest.mark.parametrize("place", [0, 7, 31])
def test_one_bad_event_costs_its_own_row(kind, place):
    async def scenario(house):
        raws = [f"event {i}" for i in range(32)]
        raws[place] = kind
        assert await house.label(*raws) == ["error" if i == place else "ok" for i in range(32)]
        assert len(house.model.calls) <= 12, "halving, not one by one"
        house.model.calls.clear()
        assert await house.label(*raws) == ["error" if i == place else "ok" for i in range(32)]
        assert house.model.calls == [31], "the bad event is quarantined"
        assert house.metrics.failed.counts[""] == 6
        assert house.keeper.reason == ""

    run(scenario)


def test_what_is_saved_is_what_would_have_been_said_without_the_bad_event():
    async def scenario(house):
        raws = ["a", "CRASH", "b", "HANG", "c"]
        answers = await house.inference.label([Event(raw) for raw in raws], Options())
        alone = [await house.inference.label([Event(raw)], Options()) for raw in ("a", "b", "c")]
        assert [answers[i] for i in (0, 2, 4)] == [a for (a,) in alone]
        details = [json.loads(answers[i].body)["detail"] for i in (1, 3)]
        assert "failed" in details[0]
        assert "in time" in details[1]

    run(scenario)


def test_an_event_that_hangs_costs_two_threads_and_its_row():
    async def scenario(house):
        raws = [f"event {i}" for i in range(40)]
        raws[20] = "HANG"
        started = time.monotonic()
        assert await house.label(*raws) == ["error" if i == 20 else "ok" for i in range(40)]
        assert time.monotonic() - started < 20 * DEADLINE
        assert house.watchdog.stuck == 2
        assert (await house.label(*raws)).count("error") == 1
        assert house.watchdog.stuck == 2, "the event is quarantined"

    run(scenario)


def test_a_slow_batch_does_not_keep_a_worker_for_ever():
    async def scenario(house):
        started = time.monotonic()
        found = await house.label(*(f"SLOW 0.05 {i}" for i in range(100)))
        assert time.monotonic() - started < 9 * DEADLINE
        late = found.index("error")
        assert 5 < late < 60
        assert found == ["ok"] * late + ["error"] * (100 - late)
        assert len(house.quarantine) == 0, "slow is not bad"

    run(scenario)


def test_one_bad_event_alone_is_answered_too():
    async def scenario(house):
        for raw in ("CRASH", "NAN", "SHORT", "HANG"):
            assert await house.label(raw) == ["error"]
        assert house.keeper.reason == ""

    run(scenario)


def test_a_batch_of_nothing_but_bad_events_is_answered():
    async def scenario(house):
        assert await house.label(*(f"CRASH {i}" for i in range(50))) == ["error"] * 50
        assert len(house.quarantine) == 50
        assert house.keeper.reason == ""

    run(scenario)


def test_too_few_verdicts_are_never_matched_up():
    async def scenario(house):
        assert await house.label("a", "b", "SHORT", "c") == ["ok", "ok", "error", "ok"]

    run(scenario)


def test_without_memory_the_batch_is_halved_until_it_fits(monkeypatch):
    def label(self, events, options, state=None):
        self.calls.append(len(events))
        if len(events) > 4 or any("HUGE" in event.raw for event in events):
            raise MemoryError
        return [self._verdict(event, options) for event in events]

    monkeypatch.setattr(Double, "label", label)

    async def scenario(house):
        raws = [*(f"event {i}" for i in range(31)), "HUGE"]
        assert await house.label(*raws) == ["ok"] * 31 + ["error"]
        assert len(house.quarantine) == 0, "memory is no fault of the event"
        assert house.metrics.memory.counts[""] > 7
        assert max(c for c in house.model.calls if c <= 4) == 4

    run(scenario)


def test_hanging_threads_are_bounded_and_the_model_is_replaced(monkeypatch):
    monkeypatch.setattr("loglm_bridge.sidecar.inference.model_supervisor._FIRST_PAUSE", 0.01)

    async def scenario(house):
        before = house.model
        with pytest.raises(NotReady, match="hung"):
            await house.label("a", *(f"HANG {i}" for i in range(3 * MAX_STUCK)))
        assert house.watchdog.abandoned == MAX_STUCK
        with pytest.raises(NotReady):
            house.keeper.ready_model()
        while house.keeper.reason:
            await asyncio.sleep(0.01)
        assert house.keeper.ready_model() is not before
        assert house.watchdog.stuck == 0
        assert await house.label("a", "HANG 0") == ["ok", "error"], "what hung before is quarantined"

    run(scenario, deadline=0.2)


def test_a_broken_model_fails_its_batches_and_after_three_is_not_ready(monkeypatch):
    monkeypatch.setenv("DOUBLE", "broken")
    monkeypatch.setattr("loglm_bridge.sidecar.inference.model_supervisor._FIRST_PAUSE", 0.01)

    async def scenario(house):
        assert await house.label("a") == ["ok"]
        house.model.broken = True
        for strike in range(MAX_STRIKES):
            assert house.keeper.reason == ""
            with pytest.raises(ModelFailed, match="self-test"):
                await house.label(*(f"event {strike} {i}" for i in range(64)))
            assert len(house.model.calls) < 80, "not every event is tried"
            house.model.calls.clear()
        assert house.keeper.reason == "failed"
        assert len(house.quarantine) == 0, "the events were not to blame"
        while house.keeper.reason:
            await asyncio.sleep(0.01)
        assert await house.label("a") == ["ok"], "the model was loaded again"
        assert house.metrics.restarts.counts[""] == 1

    run(scenario)


def test_one_good_batch_forgives_the_bad_ones_before():
    async def scenario(house):
        for _ in range(3):
            house.model.broken = True
            for _ in range(MAX_STRIKES - 1):
                with pytest.raises(ModelFailed):
                    await house.label("a")
            house.model.broken = False
            assert await house.label("a") == ["ok"]
        assert house.keeper.reason == ""

    run(scenario)


def test_a_sequence_is_read_again_as_one_without_the_event_to_blame():
    async def scenario(house):
        assert await house.label("a", "CRASH", "b", sequence=True) == ["ok", "error", "ok"]
        assert house.model.calls[-1] == 2

    run(scenario)


def test_a_sequence_that_fails_only_as_one_costs_its_own_rows():
    async def scenario(house):
        assert await house.label("a", "SEQUENCE", "b", sequence=True) == ["error"] * 3
        assert await house.label("a", "SEQUENCE", "b") == ["ok"] * 3
        assert house.keeper.reason == ""

    run(scenario)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "", "CRASH", "NAN"]), max_size=40))
def test_rows_keep_number_and_order_whatever_is_wrong(raws):
    async def scenario(house):
        expected = ["error" if raw in ("CRASH", "NAN") else "empty" if not raw else "ok" for raw in raws]
        assert await house.label(*raws) == expected

    run(scenario)
