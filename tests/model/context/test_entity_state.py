"""The past of entities: what was written is read again, the last of it, and nothing else is read at all."""

import json
from base64 import b64encode

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.entity_state import MAX_STATE_CHARACTERS, MAX_STATE_EVENTS
from loglm_bridge.contract.errors import InvalidRequest
from loglm_bridge.model.context import entity_state
from loglm_bridge.model.context.entity_state import ContextEvent, DecodedState
from loglm_bridge.model.context.evidence import Evidence
from loglm_bridge.model.context.windows import NO_ENTITY
from loglm_bridge.model.flow import flow_records
from loglm_bridge.model.flow.flow_event import FlowEvent
from tests.model.flow.test_flow_features import FLOW

NOTHING = entity_state.decode({}, "model")
ENTITY = st.sampled_from(["a", "b\x1fc", "é \"'", ""])
RULES = st.frozensets(st.integers(0, 3_000), max_size=4)
SEEN = st.builds(
    ContextEvent,
    st.floats(-1e9, 1e10),
    st.integers(0, 2**32 - 1),
    st.sampled_from(["windows", ""]),
    st.builds(Evidence, st.floats(-30, 30), st.text(max_size=5), RULES),
)


FLOWS = st.lists(st.tuples(ENTITY, FLOW), max_size=80)


@st.composite
def reads(draw):
    return read_of(draw(FLOWS), draw(st.lists(st.tuples(ENTITY, SEEN), max_size=80)))


def read_of(steps, others=(), before=NOTHING):
    """What is read of steps and others with their entities, and of flows before them."""
    names = [*before.entities, *sorted({entity for entity, _ in (*steps, *others)} - {"", *before.entities})]
    numbers = [[names.index(entity) if entity else NO_ENTITY for entity, _ in told] for told in (steps, others)]
    records = flow_records.records_of([step for _, step in steps], [int(step.time) % 2**32 for _, step in steps])
    entities = np.concatenate([before.flow_entities, np.array(numbers[0], dtype=np.int64)])
    every = np.concatenate([before.flows, records])
    return DecodedState(names, before.packed_flows, every, entities, [seen for _, seen in others], numbers[1])


def last(read, of, wanted):
    """The last flows, or others, of an entity."""
    numbers, events = {"flows": (read.flow_entities, read.flows), "others": (read.other_entities, read.others)}[of]
    names = [read.entities[number] if number != NO_ENTITY else "" for number in numbers]
    return [event for name, event in zip(names, events, strict=True) if name == wanted][-MAX_STATE_EVENTS:]


def company_of(flow):
    """What a flow is to its company: all but what of its own is told of it alone."""
    ports = [min(int(flow[name]), 65_535) for name in ("src_port", "dest_port")]
    return [flow["time"], flow["key"], flow["dest"], *ports, *flow["own"][: len(flow_records.SIZES)].tolist()]


@given(reads())
def test_what_was_written_is_read_again(told):
    written = entity_state.encode(told, "model")
    assert written.keys() == set(told.entities)
    assert all(len(text) <= MAX_STATE_CHARACTERS for text in written.values())
    found = entity_state.decode(written, "model")
    for entity in written:
        kept = last(told, "flows", entity)
        assert [company_of(flow) for flow in last(found, "flows", entity)] == list(map(company_of, kept))
        assert last(found, "others", entity) == last(told, "others", entity)


@given(FLOWS, st.integers(0, 80))
def test_a_past_goes_on_where_it_stopped(steps, at):
    before = entity_state.decode(entity_state.encode(read_of(steps[:at]), "model"), "model")
    assert entity_state.encode(read_of(steps[at:], before=before), "model") == entity_state.encode(
        read_of(steps), "model"
    )


@given(reads())
def test_another_models_evidence_is_not_read(told):
    found = entity_state.decode(entity_state.encode(told, "model"), "another")
    assert not found.others
    assert len(found.flows) == len(entity_state.decode(entity_state.encode(told, "model"), "model").flows)


def test_a_text_of_another_version_or_of_nobody_is_not_read():
    found = entity_state.decode(
        {
            "a": "2:anything",
            "b": "17:" + "A" * entity_state._FLOW_CHARACTERS,
            "": "1:" + "A" * entity_state._FLOW_CHARACTERS,
        },
        "model",
    )
    assert (len(found.flows), found.others) == (0, [])


def test_evidence_that_is_too_long_is_left_out():
    flow, long = flow_records.records_of([FlowEvent(1.0)], [1]), Evidence(1.0, "k" * MAX_STATE_CHARACTERS, frozenset())
    told = entity_state.encode(
        DecodedState(["a", "b"], (), flow, np.array([0]), [ContextEvent(1.0, 1, "windows", long)] * 2, [0, 1]), "model"
    )
    assert told.keys() == {"a"}
    assert (len(entity_state.decode(told, "model").flows), entity_state.decode(told, "model").others) == (1, [])


def test_of_nothing_there_is_no_past():
    nothing = entity_state.decode({}, "model")
    assert (len(nothing.flows), nothing.others) == (0, [])
    assert entity_state.encode(nothing, "model") == {}


@given(st.text(max_size=90) | st.text("1:.=AB/", max_size=90).map("1:".__add__))
def test_any_other_text_is_refused_or_harmless(text):
    try:
        found = entity_state.decode({"a": text}, "model")
    except InvalidRequest:
        return
    assert len(found.flows) == len(found.flow_entities)
    assert len(found.others) == len(found.other_entities)


@pytest.mark.parametrize("end", ["=", "==", "A===", "\n"])
def test_a_text_that_is_cut_is_refused(end):
    with pytest.raises(InvalidRequest):
        entity_state.decode({"a": "1:" + "A" * (entity_state._FLOW_CHARACTERS - len(end)) + end}, "model")


def test_a_time_that_is_none_is_refused():
    record = np.zeros(1, dtype=flow_records.RECORD)
    for time in (float("nan"), float("inf")):
        record["time"] = time
        with pytest.raises(InvalidRequest):
            entity_state.decode(
                entity_state.encode(DecodedState(["a"], (), record, np.array([0]), [], []), "model"), "model"
            )


@pytest.mark.parametrize("events", [[[1]], [[1, 2, "f", "much", "k", []]], [[1, 2, "f", 1, "k", 5]], 7, None])
def test_evidence_that_is_none_is_refused(events):
    entry = b64encode(json.dumps({"model": "model", "events": events}).encode()).decode()
    with pytest.raises(InvalidRequest):
        entity_state.decode({"a": "1:." + entry}, "model")


def test_a_text_that_is_too_long_is_refused():
    with pytest.raises(InvalidRequest):
        entity_state.decode(
            {
                "a": "1:"
                + "A" * (entity_state._FLOW_CHARACTERS * (MAX_STATE_CHARACTERS // entity_state._FLOW_CHARACTERS + 1))
            },
            "model",
        )
