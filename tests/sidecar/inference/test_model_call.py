"""Verdicts of a model to encoded results: their bytes, the cache, and the checks of their numbers."""

import asyncio
import json
import math
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.attack import technique
from loglm_bridge.contract.entity_state import EntityState
from loglm_bridge.contract.errors import ModelFailed
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.reply import read_short_form, write_verdict
from loglm_bridge.contract.verdict import Verdict
from loglm_bridge.contract.wire import Options
from loglm_bridge.sidecar.inference import model_call
from loglm_bridge.sidecar.inference.model_call import ModelCall
from loglm_bridge.sidecar.inference.watchdog import HungError, Watchdog
from loglm_bridge.sidecar.metrics import Metrics

GOOD = Verdict("ok", 0.5, "malicious", (technique("T1003", 1.0), technique("T1059", 0.0)), 0.25)
#: Numbers as the model returns them, rounded; JSON writes some of them with an exponent.
UNIT = st.integers(0, 10**6).map(lambda millionths: millionths / 10**6)
TECHNIQUE = st.sampled_from(["T1003", "T1059.001", "T1498"])
BAD = (math.nan, math.inf, -math.inf, -1e-9, 1.0000001)


class DirectCalls:
    """Stands for a watchdog; calls in the same thread."""

    async def call(self, work, seconds):
        return work()


class FixedModel:
    """A model that returns the verdicts it was created with."""

    def __init__(self, *verdicts):
        self.verdicts = list(verdicts)

    def label(self, events, options, state):
        return self.verdicts


def results_of(*verdicts, short=False, model_call=None):
    """Return the results of as many events as there are verdicts."""
    model_call = model_call or ModelCall(DirectCalls(), Metrics())
    return asyncio.run(model_call(FixedModel(*verdicts), verdicts, Options(short=short), None, 1.0))


def test_a_result_is_the_encoded_verdict():
    verdicts = [GOOD, Verdict("unparsed", detail="d"), GOOD._replace(techniques=()), GOOD, GOOD._replace(score=0.75)]
    results = results_of(*verdicts)
    assert [(one.status, one.body) for one in results] == [(one.status, write_verdict(one)) for one in verdicts]


@given(st.lists(st.tuples(UNIT, UNIT, st.lists(st.tuples(TECHNIQUE, UNIT), max_size=3)), max_size=20), st.booleans())
def test_short_results_decode_to_their_verdicts(contents, truncated):
    verdicts = [
        Verdict("ok", score, "benign", tuple(technique(*one) for one in ranking), novelty, truncated)
        for score, novelty, ranking in contents
    ]
    assert [read_short_form(json.loads(one.body)) for one in results_of(*verdicts, short=True)] == verdicts


def test_verdicts_without_a_short_form_are_encoded_in_full():
    full = [GOOD._replace(detail="d"), GOOD._replace(embedding=(1.0,)), Verdict("empty"), Verdict("ok", 0.5, "benign")]
    bodies = [one.body for one in results_of(full[0], GOOD, *full[1:], GOOD, short=True)]
    assert bodies[1] == bodies[-1] == write_verdict(GOOD, short=True)
    assert [bodies[0], *bodies[2:-1]] == [write_verdict(one) for one in full]


def test_a_cleared_cache_changes_no_result(monkeypatch):
    monkeypatch.setattr(model_call, "_MAX_ENCODED", 4)
    call = ModelCall(DirectCalls(), Metrics())
    old, new = ([GOOD._replace(score=i / 100) for i in range(first, first + 3)] for first in (0, 50))
    for verdicts in (old, [*old, *new, *old], [*new, *old]):
        bodies = [one.body for one in results_of(*verdicts, short=True, model_call=call)]
        assert bodies == [write_verdict(one, short=True) for one in verdicts]


def test_results_stay_apart_whatever_names_they_hold():
    verdicts = [GOOD._replace(verdict="],["), GOOD]
    assert [json.loads(one.body)[1] for one in results_of(*verdicts, short=True)] == ["],[", "malicious"]


@pytest.mark.parametrize("number", BAD)
@pytest.mark.parametrize(
    "changed",
    [
        lambda number: GOOD._replace(score=number),
        lambda number: GOOD._replace(novelty=number),
        lambda number: GOOD._replace(techniques=(GOOD.techniques[0], technique("T1059", number))),
    ],
)
def test_a_number_out_of_range_fails_the_call(changed, number):
    with pytest.raises(ModelFailed, match="invalid verdicts"):
        results_of(GOOD, changed(number))


def test_an_unknown_status_fails_the_call():
    with pytest.raises(ModelFailed):
        results_of(GOOD._replace(status="fine"))


class HangsFirst:
    """A model that writes entity state, and whose first call hangs until `unblock` is set."""

    def __init__(self):
        self.unblock, self.calls = threading.Event(), 0

    def label(self, events, options, state):
        self.calls += 1
        call = self.calls
        if call == 1:
            self.unblock.wait(30)
        state.outgoing["e"] = f"call {call}"
        return [Verdict("empty")] * len(events)


def test_a_call_that_hung_writes_no_entity_state_later():
    async def scenario():
        call, model, state = ModelCall(Watchdog(), Metrics()), HangsFirst(), EntityState()
        with pytest.raises(HungError):
            await call(model, [Event("a")], Options(), state, 0.05)
        assert state.outgoing == {}
        await call(model, [Event("a")], Options(), state, 5.0)
        model.unblock.set()
        while call.watchdog.running:
            await asyncio.sleep(0.005)
        return state.outgoing

    assert asyncio.run(scenario()) == {"e": "call 2"}
