"""Flows that are read column by column are those that are read one by one."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.event import Event
from loglm_bridge.demo.samples import read_samples
from loglm_bridge.model.event_batch import _FLOW_FIELDS
from loglm_bridge.model.flow import flow_records
from loglm_bridge.model.flow.flow_event import MAX_COUNTER, to_flow_event
from loglm_bridge.telemetry import parse
from loglm_bridge.telemetry.families.network.flow_aliases import ALIASES, END_TIMES, NON_FLOW_FIELDS, START_TIMES
from loglm_bridge.telemetry.fastpath import flow_columns as flow_columns_module
from loglm_bridge.telemetry.fastpath.flow_columns import flow_columns
from tests.telemetry.test_shared_data import FILES, every

COUNTER = st.one_of(
    st.integers(-5, 5_000), st.integers(0, 2 * MAX_COUNTER), st.integers(2**62, 2**70), st.floats(allow_nan=False),
    st.floats(0, 1e6).map(lambda x: round(x, 3)), st.sampled_from(["", "-", "7", "1.5", "0x10", "many", "1:02:03"]),
)  # fmt: skip
END = st.sampled_from(["10.0.0.1", "203.0.113.9", "fe80::1", "", "-", 7, 443, 99_999, 100_000, -1, 4.5, "443", "http"])
NAMED = {"src": END, "dst": END, "sport": END, "dport": END, "proto": st.sampled_from([6, "tcp", "", "x" * 20, 17])}
AMOUNTS = dict.fromkeys(["bytes", "bytes_in", "pkts", "packets_in", "duration", "td", "duration_ms", "action"], COUNTER)


def events(fields):
    return [Event(json.dumps(one)) for one in fields]


@pytest.fixture(autouse=True)
def _no_kind_is_known():
    flow_columns_module._prefixes_without_flows.clear()


def same(told):
    """Compare both readings; return how many were read column by column."""
    count = 0
    for places, values in flow_columns(told, _FLOW_FIELDS):
        parsed = [parse(told[place]) for place in places]
        assert {(one.event_type.family, one.status, one.truncated) for one in parsed} == {("flow", "ok", False)}
        steps = [to_flow_event(one, told[place]) for one, place in zip(parsed, places, strict=True)]
        keys = list(range(len(steps)))
        found = flow_records.records_of_columns(values, [step.time for step in steps], keys)
        assert np.array_equal(found, flow_records.records_of(steps, keys))
        count += len(places)
    return count


@given(st.lists(st.sampled_from(sorted(NAMED | AMOUNTS)), max_size=12, unique=True), st.data())
def test_flows_of_one_shape(names, data):
    shape = st.fixed_dictionaries({name: (NAMED | AMOUNTS)[name] for name in ("src", "dst", *names)})
    same(events(data.draw(st.lists(shape, min_size=1, max_size=5))))


def test_flows_of_which_each_lacks_something_else_are_read_one_by_one():
    told = events([{"src": "10.0.0.1", "dst": "", "bytes": 0}, {"src": "", "dst": "10.0.0.1", "bytes": 0}])
    assert list(flow_columns(told, _FLOW_FIELDS)) == []


@given(
    st.dictionaries(
        st.sampled_from(sorted({*ALIASES, *START_TIMES, *END_TIMES, *NON_FLOW_FIELDS})), END | COUNTER, max_size=9
    )
)
def test_flows_of_any_exporter(fields):
    same(events([fields, fields]))


@pytest.mark.parametrize(
    "raw",
    [
        "", "{}", "[]", "{", '{"src": "10.0.0.1"', '{"src": "10.0.0.1", "dst": "10.0.0.2", "bytes": true}',
        '{"src": "10.0.0.1", "dst": "10.0.0.2", "bytes": null}', '{"src": "10.0.0.1", "dst": {"a": 1}, "bytes": 1}',
        '{"src": "10.0.0.1", "dst": "10.0.0.2\\u0000", "bytes": 1}', '{"src": "10.0.0.1", "dst": "é", "bytes": 1}',
        '{"src": "10.0.0.1", "dst": "10.0.0.2", "bytes": 1, "x": "{\\"a\\": 1}"}', '{"EventID": 4624, "src": "a"}',
        '{"src": "10.0.0.1", "dst": "10.0.0.2", "bytes": 1, "x": "<Event"}',
        '{"src": "10.0.0.1", "dst": "10.0.0.2", "bytes": 1, "x": "[1]"}',
        '{"src": "10.0.0.1", "dst": "10.0.0.2\x7f", "bytes": 1}', '{"src": "10.0.0.1",\n"dst": "10.0.0.2", "bytes": 1}',
        '{"src": "10.0.0.1", "dst": "10.0.0.2\t", "bytes": 1}',
        '{"src": "10.0.0.1", "dst": "10.0.0.2", "bytes": 1, "pad": "' + "x" * 5_000 + '"}',
    ],
)  # fmt: skip
def test_what_is_more_than_plain_is_left_to_others(raw):
    assert same([Event(raw)]) == 0


def test_plain_flows_are_read_column_by_column():
    plain = {"src_ip": "10.0.0.1", "dest_ip": "10.0.0.2", "fwd_bytes": 7, "flow_dur": 0.5, "protocol": 6}
    assert same(events([plain | {"fwd_bytes": i, "flow_dur": i / 3} for i in range(50)])) == 50
    assert same(events([plain, plain | {"src_port": 7}, {"x": "y", **plain, "fwd_bytes": "-"}, {"no": "flow"}])) == 2
    assert same(events([plain, {**plain, "protocol": "-"}, {**plain, "fwd_bytes": ""}])) == 1
    assert same(events([{**plain, "protocol": "-"}] * 3)) == 3


def test_texts_of_a_kind_without_flows_are_tried_a_few_times(monkeypatch):
    plain = {"src_ip": "10.0.0.1", "dest_ip": "10.0.0.2", "fwd_bytes": 7}
    others = events([{"name": "x", "number": i} for i in range(flow_columns_module._MIN_FAILURES)])
    assert same(others[1:] + events([plain])) == 1
    assert not {flow_columns_module._prefix(event) for event in others} & flow_columns_module._prefixes_without_flows
    assert same(others + events([plain])) == 1
    assert flow_columns_module._prefix(others[0]) in flow_columns_module._prefixes_without_flows
    assert flow_columns_module._prefix(*events([plain])) not in flow_columns_module._prefixes_without_flows
    monkeypatch.setattr(flow_columns_module, "_MAX_PREFIXES", 1)
    same(others + events([{"another": i} for i in range(flow_columns_module._MIN_FAILURES)]))
    assert len(flow_columns_module._prefixes_without_flows) == 1


def test_the_projects_samples_are_read_alike():
    same([sample.event for sample in read_samples()])


@pytest.mark.shared
@pytest.mark.parametrize("name", FILES)
def test_recorded_events_are_read_alike(shared, name):
    told = every(shared, name, 3, 6_000)
    found = same(told)
    if name == "netflow_cic2017":
        assert found == len(told)
