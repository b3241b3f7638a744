"""Flows parsed column by column give the same records as flows parsed one by one."""

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
from tests.telemetry.recordings import FILES, sampled_events

VALUE = st.one_of(
    st.integers(-5, 5_000), st.integers(0, 2 * MAX_COUNTER), st.integers(2**62, 2**70), st.floats(allow_nan=False),
    st.floats(0, 1e6).map(lambda x: round(x, 3)), st.sampled_from(["", "-", "7", "1.5", "0x10", "many", "1:02:03"]),
)  # fmt: skip
ENDPOINT = st.sampled_from(
    ["10.0.0.1", "203.0.113.9", "fe80::1", "", "-", 7, 443, 99_999, 100_000, -1, 4.5, "443", "http"]
)
ENDPOINTS = {
    "src": ENDPOINT,
    "dst": ENDPOINT,
    "sport": ENDPOINT,
    "dport": ENDPOINT,
    "proto": st.sampled_from([6, "tcp", "", "x" * 20, 17]),
}
VALUES = dict.fromkeys(["bytes", "bytes_in", "pkts", "packets_in", "duration", "td", "duration_ms", "action"], VALUE)


def events(fields):
    return [Event(json.dumps(one)) for one in fields]


@pytest.fixture(autouse=True)
def _empty_cache_of_prefixes():
    flow_columns_module._prefixes_without_flows.clear()


def compare(batch):
    """Compare the records of both ways; return how many flows were parsed column by column."""
    count = 0
    for indices, columns in flow_columns(batch, _FLOW_FIELDS):
        parsed = [parse(batch[index]) for index in indices]
        assert {(one.event_type.family, one.status, one.truncated) for one in parsed} == {("flow", "ok", False)}
        flows = [to_flow_event(one, batch[index]) for one, index in zip(parsed, indices, strict=True)]
        keys = list(range(len(flows)))
        records = flow_records.records_of_columns(columns, [flow.time for flow in flows], keys)
        assert np.array_equal(records, flow_records.records_of(flows, keys))
        count += len(indices)
    return count


@given(st.lists(st.sampled_from(sorted(ENDPOINTS | VALUES)), max_size=12, unique=True), st.data())
def test_flows_of_one_layout(names, data):
    layout = st.fixed_dictionaries({name: (ENDPOINTS | VALUES)[name] for name in ("src", "dst", *names)})
    compare(events(data.draw(st.lists(layout, min_size=1, max_size=5))))


def test_flows_that_lack_different_fields_are_parsed_one_by_one():
    batch = events([{"src": "10.0.0.1", "dst": "", "bytes": 0}, {"src": "", "dst": "10.0.0.1", "bytes": 0}])
    assert list(flow_columns(batch, _FLOW_FIELDS)) == []


@given(
    st.dictionaries(
        st.sampled_from(sorted({*ALIASES, *START_TIMES, *END_TIMES, *NON_FLOW_FIELDS})), ENDPOINT | VALUE, max_size=9
    )
)
def test_flows_of_any_exporter(fields):
    compare(events([fields, fields]))


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
def test_events_that_are_not_flat_flows_are_not_parsed_by_column(raw):
    assert compare([Event(raw)]) == 0


def test_flat_flows_are_parsed_by_column():
    plain = {"src_ip": "10.0.0.1", "dest_ip": "10.0.0.2", "fwd_bytes": 7, "flow_dur": 0.5, "protocol": 6}
    assert compare(events([plain | {"fwd_bytes": i, "flow_dur": i / 3} for i in range(50)])) == 50
    assert compare(events([plain, plain | {"src_port": 7}, {"x": "y", **plain, "fwd_bytes": "-"}, {"no": "flow"}])) == 2
    assert compare(events([plain, {**plain, "protocol": "-"}, {**plain, "fwd_bytes": ""}])) == 1
    assert compare(events([{**plain, "protocol": "-"}] * 3)) == 3


def test_prefixes_without_flows_are_tried_a_few_times(monkeypatch):
    plain = {"src_ip": "10.0.0.1", "dest_ip": "10.0.0.2", "fwd_bytes": 7}
    others = events([{"name": "x", "number": i} for i in range(flow_columns_module._MIN_FAILURES)])
    assert compare(others[1:] + events([plain])) == 1
    assert not {flow_columns_module._prefix(event) for event in others} & flow_columns_module._prefixes_without_flows
    assert compare(others + events([plain])) == 1
    assert flow_columns_module._prefix(others[0]) in flow_columns_module._prefixes_without_flows
    assert flow_columns_module._prefix(*events([plain])) not in flow_columns_module._prefixes_without_flows
    monkeypatch.setattr(flow_columns_module, "_MAX_PREFIXES", 1)
    compare(others + events([{"another": i} for i in range(flow_columns_module._MIN_FAILURES)]))
    assert len(flow_columns_module._prefixes_without_flows) == 1


def test_the_shipped_samples_give_the_same_records():
    compare([sample.event for sample in read_samples()])


@pytest.mark.shared
@pytest.mark.parametrize("name", FILES)
def test_recorded_events_give_the_same_records(shared, name):
    batch = sampled_events(shared, name, 3, 6_000)
    by_column = compare(batch)
    if name == "netflow_cic2017":
        assert by_column == len(batch)
