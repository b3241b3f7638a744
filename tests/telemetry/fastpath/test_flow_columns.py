"""Flows parsed column by column have the values that they have one by one."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry import parse_record
from loglm_bridge.telemetry.families.network.flow import SCHEMA
from loglm_bridge.telemetry.fastpath import flow_columns as module
from loglm_bridge.telemetry.fastpath.flow_columns import flow_columns
from tests.telemetry.parsing import few_examples
from tests.telemetry.recordings import sampled_events

FLOW = {
    "src_ip": "10.0.0.1",
    "src_port": 51_000,
    "dest_ip": "203.0.113.9",
    "dest_port": 443,
    "protocol": 6,
    "bytes": 90,
}
VALUES = st.sampled_from(
    ["", "-", "TCP", "Accept", "0:01:05", 0, 6, 17, 1_500, 0.25, None, True, "[1]", "a\u00e9", "a\\b"]
)
NAMES = ["protocol", "state", "action", "duration", "flow_duration_ms", "sent_bytes", "direction", "url", "other"]


@pytest.fixture(autouse=True)
def _no_prefixes_remembered():
    module._prefixes_without_flows.clear()
    yield
    module._prefixes_without_flows.clear()


def events(objects):
    return [Event(json.dumps(one)) for one in objects]


def check(batch):
    """Compare the columns of a batch with the records of its events; return the indices of the flows."""
    parsed = []
    for indices, values in flow_columns(batch, SCHEMA):
        for row, index in enumerate(indices):
            record = parse_record(batch[index])
            actual = {name: str(column[row]) for name, column in values.items()}
            assert record.family == "flow"
            assert {name: value for name, value in actual.items() if value} == dict(record.fields)
            assert record.kind == actual.get("protocol", "")
        parsed += indices
    assert len(parsed) == len(set(parsed))
    return sorted(parsed)


def test_flows_of_one_layout_are_parsed_together():
    batch = events([{**FLOW, "bytes": size} for size in range(1, 20)])
    assert check(batch) == list(range(19))
    assert len(list(flow_columns(batch, SCHEMA))) == 1


def test_layouts_and_other_events_may_be_mixed():
    other = {"eventName": "x", "eventSource": "y", "awsRegion": "z"}
    batch = events([FLOW, other, {**FLOW, "duration": 3}, FLOW, {"a": [1]}, {**FLOW, "duration": 4}])
    assert check(batch) == [0, 2, 3, 5]


@few_examples
@given(
    st.lists(st.sampled_from(NAMES), max_size=4, unique=True),
    st.lists(st.lists(VALUES, min_size=4, max_size=4), min_size=1, max_size=8),
)
def test_any_values_have_the_values_of_the_reference(names, rows):
    module._prefixes_without_flows.clear()
    check(events([{**FLOW, **dict(zip(names, row, strict=False))} for row in rows]))


def test_only_wanted_values_are_given():
    ((_, values),) = flow_columns(events([FLOW]), {"fwd_bytes", "protocol"})
    assert values == {"fwd_bytes": (90,), "protocol": ["tcp"]}


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "{}",
        "not json",
        json.dumps(FLOW)[:-1],
        json.dumps({**FLOW, "x": {"y": 1}}),
        json.dumps({**FLOW, "x": "<Event"}),
        json.dumps({**FLOW, "x": "y" * 5_000}),
        json.dumps({**FLOW, "url": "/x"}),
        json.dumps({**FLOW, **{f"k{i}": i for i in range(100)}}),
    ],
)
def test_other_text_is_left_to_the_parser(raw):
    assert check([Event(raw), *events([FLOW])]) == [1]


def test_prefixes_without_flows_are_not_tried_again():
    others = events([{"name": "x", "number": i} for i in range(module._MIN_FAILURES)])
    assert check([*others, *events([FLOW])]) == [module._MIN_FAILURES]
    assert {module._prefix(event) for event in others} == module._prefixes_without_flows
    assert check(events([FLOW])) == [0]


@pytest.mark.shared
def test_recorded_flows_have_the_values_of_the_reference(shared):
    batch = sampled_events(shared, "netflow_cic2017", 41, 8_000)
    assert len(check(batch)) == len(batch)
