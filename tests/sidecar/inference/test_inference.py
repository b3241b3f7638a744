"""A batch through a model that hangs, crashes or returns invalid verdicts: all other rows keep their verdicts."""

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
from loglm_bridge.sidecar.inference.model_supervisor import MAX_FAILURES, ModelSupervisor, self_testing_loader
from loglm_bridge.sidecar.inference.quarantine import Quarantine
from loglm_bridge.sidecar.inference.watchdog import MAX_HUNG, Watchdog
from loglm_bridge.sidecar.metrics import Metrics
from tests.sidecar.double import Double

DEADLINE = 0.5


class Stack:
    """The parts behind the scheduler, with the test double of the model."""

    def __init__(self, deadline=DEADLINE):
        self.metrics, self.watchdog, self.quarantine = Metrics(), Watchdog(), Quarantine()
        self.given_up = []
        load = self_testing_loader(Double.load, None, 1, "base")
        self.supervisor = ModelSupervisor(load, self.watchdog, self.metrics, lambda: self.given_up.append(True))
        self.inference = Inference(self.supervisor, ModelCall(self.watchdog, self.metrics), self.quarantine, deadline)

    @property
    def model(self):
        return self.supervisor.last_model

    async def label(self, *raws, sequence=False):
        results = await self.inference.label([Event(raw) for raw in raws], Options(sequence=sequence))
        return [result.status for result in results]


def run(scenario, **options):
    async def main():
        stack = Stack(**options)
        await stack.supervisor.start()
        await scenario(stack)

    asyncio.run(asyncio.wait_for(main(), 60))


def test_results_are_the_encoded_verdicts():
    async def scenario(stack):
        events, options = [Event("a"), Event(""), Event("\ud800")], Options(top=1, embedding=True)
        results = await stack.inference.label(events, options)
        verdicts = stack.model.label(events, options)
        assert [r.body for r in results] == [write_verdict(v) for v in verdicts]
        assert [r.status for r in results] == ["ok", "empty", "ok"]
        assert await stack.label() == []

    run(scenario)


@pytest.mark.parametrize("fault", ["CRASH", "NAN"])
@pytest.mark.parametrize("index", [0, 7, 31])
def test_a_failing_event_costs_only_its_own_row(fault, index):
    async def scenario(stack):
        raws = [f"event {i}" for i in range(32)]
        raws[index] = fault
        assert await stack.label(*raws) == ["error" if i == index else "ok" for i in range(32)]
        assert len(stack.model.calls) <= 12, "bisection, not one by one"
        stack.model.calls.clear()
        assert await stack.label(*raws) == ["error" if i == index else "ok" for i in range(32)]
        assert stack.model.calls == [31], "the failing event is quarantined"
        assert stack.metrics.failed.counts[""] == 6
        assert stack.supervisor.not_ready_reason == ""

    run(scenario)


def test_the_other_events_get_the_verdicts_they_get_alone():
    async def scenario(stack):
        raws = ["a", "CRASH", "b", "HANG", "c"]
        results = await stack.inference.label([Event(raw) for raw in raws], Options())
        alone = [await stack.inference.label([Event(raw)], Options()) for raw in ("a", "b", "c")]
        assert [results[i] for i in (0, 2, 4)] == [r for (r,) in alone]
        details = [json.loads(results[i].body)["detail"] for i in (1, 3)]
        assert "failed" in details[0]
        assert "in time" in details[1]

    run(scenario)


def test_a_hanging_event_costs_three_threads_and_its_row():
    async def scenario(stack):
        raws = [f"event {i}" for i in range(40)]
        raws[20] = "HANG"
        started = time.monotonic()
        assert await stack.label(*raws) == ["error" if i == 20 else "ok" for i in range(40)]
        assert time.monotonic() - started < 20 * DEADLINE
        assert stack.watchdog.hung == 3
        assert (await stack.label(*raws)).count("error") == 1
        assert stack.watchdog.hung == 3, "the event is quarantined"

    run(scenario)


def test_a_slow_batch_occupies_a_worker_for_a_few_deadlines_at_most():
    async def scenario(stack):
        started = time.monotonic()
        statuses = await stack.label(*(f"SLOW 0.05 {i}" for i in range(100)))
        assert time.monotonic() - started < 9 * DEADLINE
        first_late = statuses.index("error")
        assert 5 < first_late < 60
        assert statuses == ["ok"] * first_late + ["error"] * (100 - first_late)
        assert len(stack.quarantine) == 0, "slow events are not quarantined"

    run(scenario)


def test_a_single_failing_event_is_answered():
    async def scenario(stack):
        for raw in ("CRASH", "NAN", "SHORT", "HANG"):
            assert await stack.label(raw) == ["error"]
        assert stack.supervisor.not_ready_reason == ""

    run(scenario)


def test_a_batch_of_failing_events_only_is_answered():
    async def scenario(stack):
        assert await stack.label(*(f"CRASH {i}" for i in range(50))) == ["error"] * 50
        assert len(stack.quarantine) == 50
        assert stack.supervisor.not_ready_reason == ""

    run(scenario)


def test_too_few_verdicts_are_never_assigned_to_events():
    async def scenario(stack):
        assert await stack.label("a", "b", "SHORT", "c") == ["ok", "ok", "error", "ok"]

    run(scenario)


def test_out_of_memory_a_batch_is_bisected_until_it_fits(monkeypatch):
    def label(self, events, options, state=None):
        self.calls.append(len(events))
        if len(events) > 4 or any("HUGE" in event.raw for event in events):
            raise MemoryError
        return [self._verdict(event, options) for event in events]

    monkeypatch.setattr(Double, "label", label)

    async def scenario(stack):
        raws = [*(f"event {i}" for i in range(31)), "HUGE"]
        assert await stack.label(*raws) == ["ok"] * 31 + ["error"]
        assert len(stack.quarantine) == 0, "events are not quarantined for lack of memory"
        assert stack.metrics.memory.counts[""] > 7
        assert max(c for c in stack.model.calls if c <= 4) == 4

    run(scenario)


def test_the_number_of_hanging_threads_is_limited_and_the_model_is_replaced(monkeypatch):
    monkeypatch.setattr("loglm_bridge.sidecar.inference.model_supervisor._FIRST_PAUSE", 0.01)

    async def scenario(stack):
        before = stack.model
        hanging = [f"HANG {i}" for i in range(2 * MAX_HUNG)]
        statuses = await stack.label(*hanging, *(f"good {i}" for i in range(2 * MAX_HUNG)))
        assert set(statuses[: len(hanging)]) == {"error"}
        assert statuses[-MAX_HUNG:] == ["ok"] * MAX_HUNG, "neighbours keep their verdicts"
        assert stack.watchdog.all_hung <= MAX_HUNG
        with pytest.raises(NotReady):
            stack.supervisor.ready_model()
        while stack.supervisor.not_ready_reason:
            await asyncio.sleep(0.01)
        assert stack.supervisor.ready_model() is not before
        assert stack.watchdog.hung == 0
        assert await stack.label("a", "HANG 0") == ["ok", "error"]

    run(scenario, deadline=0.2)


def test_a_broken_model_fails_its_batches_and_after_three_is_not_ready(monkeypatch):
    monkeypatch.setenv("DOUBLE", "broken")
    monkeypatch.setattr("loglm_bridge.sidecar.inference.model_supervisor._FIRST_PAUSE", 0.01)

    async def scenario(stack):
        assert await stack.label("a") == ["ok"]
        stack.model.broken = True
        for failure in range(MAX_FAILURES):
            assert stack.supervisor.not_ready_reason == ""
            with pytest.raises(ModelFailed, match="self-test"):
                await stack.label(*(f"event {failure} {i}" for i in range(64)))
            assert len(stack.model.calls) < 80, "not every event is tried"
            stack.model.calls.clear()
        assert stack.supervisor.not_ready_reason == "failed"
        assert len(stack.quarantine) == 0, "the events are not the cause"
        while stack.supervisor.not_ready_reason:
            await asyncio.sleep(0.01)
        assert await stack.label("a") == ["ok"], "the model was reloaded"
        assert stack.metrics.restarts.counts[""] == 1

    run(scenario)


def test_a_labelled_batch_resets_the_count_of_failures():
    async def scenario(stack):
        for _ in range(3):
            stack.model.broken = True
            for _ in range(MAX_FAILURES - 1):
                with pytest.raises(ModelFailed):
                    await stack.label("a")
            stack.model.broken = False
            assert await stack.label("a") == ["ok"]
        assert stack.supervisor.not_ready_reason == ""

    run(scenario)


def test_a_sequence_is_labelled_again_without_the_failing_event():
    async def scenario(stack):
        assert await stack.label("a", "CRASH", "b", sequence=True) == ["ok", "error", "ok"]
        assert stack.model.calls[-1] == 2

    run(scenario)


def test_a_sequence_that_fails_as_a_whole_costs_its_own_rows():
    async def scenario(stack):
        assert await stack.label("a", "SEQUENCE", "b", sequence=True) == ["error"] * 3
        assert await stack.label("a", "SEQUENCE", "b") == ["ok"] * 3
        assert stack.supervisor.not_ready_reason == ""

    run(scenario)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "", "CRASH", "NAN"]), max_size=40))
def test_rows_keep_number_and_order_whatever_fails(raws):
    async def scenario(stack):
        expected = ["error" if raw in ("CRASH", "NAN") else "empty" if not raw else "ok" for raw in raws]
        assert await stack.label(*raws) == expected

    run(scenario)
