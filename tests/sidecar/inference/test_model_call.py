"""What of a model's verdicts becomes an answer: its bytes, each verdict written once, and no number that is none."""

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
#: Numbers as the model gives them, rounded; some of them JSON writes with an exponent.
UNIT = st.integers(0, 10**6).map(lambda millionths: millionths / 10**6)
TECHNIQUE = st.sampled_from(["T1003", "T1059.001", "T1498"])
BAD = (math.nan, math.inf, -math.inf, -1e-9, 1.0000001)


class Direct:
    """Calls at once, as the watchdog does on its thread."""

    async def call(self, work, seconds):
        return work()


class Says:
    """A model that gives the verdicts it was made with."""

    def __init__(self, *verdicts):
        self.verdicts = list(verdicts)

    def label(self, events, options, state):
        return self.verdicts


def answered(*verdicts, short=False, caller=None):
    """What is answered to as many events as there are verdicts."""
    caller = caller or ModelCall(Direct(), Metrics())
    return asyncio.run(caller(Says(*verdicts), verdicts, Options(short=short), None, 1.0))


def test_an_answer_is_the_verdict_as_it_is_written():
    verdicts = [GOOD, Verdict("unparsed", detail="d"), GOOD._replace(techniques=()), GOOD, GOOD._replace(score=0.75)]
    answers = answered(*verdicts)
    assert [(one.status, one.body) for one in answers] == [(one.status, write_verdict(one)) for one in verdicts]


@given(st.lists(st.tuples(UNIT, UNIT, st.lists(st.tuples(TECHNIQUE, UNIT), max_size=3)), max_size=20), st.booleans())
def test_short_answers_hold_what_their_verdicts_hold(told, truncated):
    verdicts = [
        Verdict("ok", score, "benign", tuple(technique(*one) for one in ranking), novelty, truncated)
        for score, novelty, ranking in told
    ]
    assert [read_short_form(json.loads(one.body)) for one in answered(*verdicts, short=True)] == verdicts


def test_only_those_are_short_that_can_be():
    whole = [GOOD._replace(detail="d"), GOOD._replace(embedding=(1.0,)), Verdict("empty"), Verdict("ok", 0.5, "benign")]
    bodies = [one.body for one in answered(whole[0], GOOD, *whole[1:], GOOD, short=True)]
    assert bodies[1] == bodies[-1] == write_verdict(GOOD, short=True)
    assert [bodies[0], *bodies[2:-1]] == [write_verdict(one) for one in whole]


def test_what_is_forgotten_meanwhile_is_answered(monkeypatch):
    monkeypatch.setattr(model_call, "_MOST_WRITTEN", 4)
    caller = ModelCall(Direct(), Metrics())
    old, new = ([GOOD._replace(score=i / 100) for i in range(first, first + 3)] for first in (0, 50))
    for verdicts in (old, [*old, *new, *old], [*new, *old]):
        bodies = [one.body for one in answered(*verdicts, short=True, caller=caller)]
        assert bodies == [write_verdict(one, short=True) for one in verdicts]


def test_a_name_that_would_be_read_as_two_answers_is_none():
    with pytest.raises(ModelFailed, match="names"):
        answered(GOOD._replace(verdict="],["), GOOD, short=True)


@pytest.mark.parametrize("number", BAD)
@pytest.mark.parametrize(
    "changed",
    [
        lambda number: GOOD._replace(score=number),
        lambda number: GOOD._replace(novelty=number),
        lambda number: GOOD._replace(techniques=(GOOD.techniques[0], technique("T1059", number))),
    ],
)
def test_a_number_outside_its_range_is_no_answer(changed, number):
    with pytest.raises(ModelFailed, match="invalid numbers"):
        answered(GOOD, changed(number))


def test_a_status_that_is_none_is_no_answer():
    with pytest.raises(ModelFailed):
        answered(GOOD._replace(status="fine"))


class Late:
    """A model that reads a past, and whose first call hangs until it is let go."""

    def __init__(self):
        self.free, self.calls = threading.Event(), 0

    def label(self, events, options, state):
        self.calls += 1
        call = self.calls
        if call == 1:
            self.free.wait(5)
        state.outgoing["e"] = f"call {call}"
        return [Verdict("empty")] * len(events)


def test_a_call_that_hung_tells_no_past_any_more():
    async def scenario():
        caller, model, state = ModelCall(Watchdog(), Metrics()), Late(), EntityState()
        with pytest.raises(HungError):
            await caller(model, [Event("a")], Options(), state, 0.05)
        assert state.outgoing == {}
        await caller(model, [Event("a")], Options(), state, 5.0)
        model.free.set()
        await asyncio.sleep(0.1)
        return state.outgoing

    assert asyncio.run(scenario()) == {"e": "call 2"}
