"""Entity state: decoding gives the last events that were encoded, and malformed state is refused."""

import json
from base64 import b64encode

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.entity_state import MAX_STATE_CHARACTERS, MAX_STATE_EVENTS
from loglm_bridge.contract.errors import InvalidRequest
from loglm_bridge.model.context.entity_state import _FLOW_CHARACTERS, ContextEvent, DecodedState, decode, encode
from loglm_bridge.model.context.evidence import Evidence
from loglm_bridge.model.context.windows import NO_ENTITY
from loglm_bridge.model.flow import flow_records
from loglm_bridge.model.flow.flow_event import FlowEvent
from tests.model.flow.test_flow_features import FLOW

EMPTY = decode({}, "model")
ENTITY = st.sampled_from(["a", "b\x1fc", "é \"'", ""])
RULES = st.frozensets(st.integers(0, 3_000), max_size=4)
OTHER = st.builds(
    ContextEvent,
    st.floats(-1e9, 1e10),
    st.integers(0, 2**32 - 1),
    st.sampled_from(["windows", ""]),
    st.builds(Evidence, st.floats(-30, 30), st.text(max_size=5), RULES),
)
FLOWS = st.lists(st.tuples(ENTITY, FLOW), max_size=80)


@st.composite
def states(draw):
    return state_of(draw(FLOWS), draw(st.lists(st.tuples(ENTITY, OTHER), max_size=80)))


def state_of(flows, others=(), before=EMPTY):
    """Return the state of flows and other events, each with its entity, after the flows of another state."""
    new = sorted({entity for entity, _ in (*flows, *others)} - {"", *before.entities})
    entities = [*before.entities, *new]
    numbers = [[entities.index(e) if e else NO_ENTITY for e, _ in events] for events in (flows, others)]
    records = flow_records.records_of([flow for _, flow in flows], [int(flow.time) % 2**32 for _, flow in flows])
    flow_entities = np.concatenate([before.flow_entities, np.array(numbers[0], dtype=np.int64)])
    all_flows = np.concatenate([before.flows, records])
    return DecodedState(
        entities, before.packed_flows, all_flows, flow_entities, [event for _, event in others], numbers[1]
    )


def last_flows(state, entity):
    return _last(state, state.flow_entities, state.flows, entity)


def last_others(state, entity):
    return _last(state, state.other_entities, state.others, entity)


def _last(state, numbers, events, entity):
    names = [state.entities[number] if number != NO_ENTITY else "" for number in numbers]
    return [event for name, event in zip(names, events, strict=True) if name == entity][-MAX_STATE_EVENTS:]


def as_context(flow):
    """Return the part of a RECORD that counts for other flows."""
    ports = [min(int(flow[name]), 65_535) for name in ("src_port", "dest_port")]
    return [flow["time"], flow["key"], flow["dest"], *ports, *flow["own"][: len(flow_records.SIZES)].tolist()]


@given(states())
def test_the_last_events_are_decoded_as_they_were_encoded(state):
    encoded = encode(state, "model")
    assert encoded.keys() == set(state.entities)
    assert all(len(text) <= MAX_STATE_CHARACTERS for text in encoded.values())
    decoded = decode(encoded, "model")
    for entity in encoded:
        expected = list(map(as_context, last_flows(state, entity)))
        assert [as_context(flow) for flow in last_flows(decoded, entity)] == expected
        assert last_others(decoded, entity) == last_others(state, entity)


@given(FLOWS, st.integers(0, 80))
def test_a_state_continues_where_it_ended(flows, at):
    before = decode(encode(state_of(flows[:at]), "model"), "model")
    assert encode(state_of(flows[at:], before=before), "model") == encode(state_of(flows), "model")


@given(states())
def test_evidence_of_another_model_is_ignored(state):
    encoded = encode(state, "model")
    decoded = decode(encoded, "another")
    assert not decoded.others
    assert len(decoded.flows) == len(decode(encoded, "model").flows)


def test_state_of_another_version_or_without_an_entity_is_ignored():
    text = "A" * _FLOW_CHARACTERS
    decoded = decode({"a": "2:anything", "b": f"17:{text}", "": f"1:{text}"}, "model")
    assert (len(decoded.flows), decoded.others) == (0, [])


def test_evidence_that_is_too_long_is_left_out():
    record = flow_records.records_of([FlowEvent(1.0)], [1])
    long = ContextEvent(1.0, 1, "windows", Evidence(1.0, "k" * MAX_STATE_CHARACTERS, frozenset()))
    encoded = encode(DecodedState(["a", "b"], (), record, np.array([0]), [long] * 2, [0, 1]), "model")
    assert encoded.keys() == {"a"}
    decoded = decode(encoded, "model")
    assert (len(decoded.flows), decoded.others) == (1, [])


def test_an_empty_state_stays_empty():
    assert (len(EMPTY.flows), EMPTY.others) == (0, [])
    assert encode(EMPTY, "model") == {}


@given(st.text(max_size=90) | st.text("1:.=AB/", max_size=90).map("1:".__add__))
def test_any_other_text_is_refused_or_harmless(text):
    try:
        decoded = decode({"a": text}, "model")
    except InvalidRequest:
        return
    assert len(decoded.flows) == len(decoded.flow_entities)
    assert len(decoded.others) == len(decoded.other_entities)


@pytest.mark.parametrize("end", ["=", "==", "A===", "\n"])
def test_a_truncated_text_is_refused(end):
    with pytest.raises(InvalidRequest):
        decode({"a": "1:" + "A" * (_FLOW_CHARACTERS - len(end)) + end}, "model")


@pytest.mark.parametrize("time", [float("nan"), float("inf")])
def test_a_time_that_is_not_finite_is_refused(time):
    record = np.zeros(1, dtype=flow_records.RECORD)
    record["time"] = time
    encoded = encode(DecodedState(["a"], (), record, np.array([0]), [], []), "model")
    with pytest.raises(InvalidRequest):
        decode(encoded, "model")


@pytest.mark.parametrize("events", [[[1]], [[1, 2, "f", "much", "k", []]], [[1, 2, "f", 1, "k", 5]], 7, None])
def test_malformed_evidence_is_refused(events):
    entry = b64encode(json.dumps({"model": "model", "events": events}).encode()).decode()
    with pytest.raises(InvalidRequest):
        decode({"a": "1:." + entry}, "model")


def test_a_text_that_is_too_long_is_refused():
    flows = MAX_STATE_CHARACTERS // _FLOW_CHARACTERS + 1
    with pytest.raises(InvalidRequest):
        decode({"a": "1:" + "A" * (_FLOW_CHARACTERS * flows)}, "model")
