"""Windows of flows: by pair and by source, cut as serving cuts them, held-out recordings apart."""

import json

import pytest

from loglm_bridge.lab.data import windows
from loglm_bridge.model.flow.flow_event import FlowEvent
from tests.lab.tiny_data import write_rows

SOURCE = "flows"
LOGON = {"raw": '{"EventID": 4624, "Channel": "Security"}', "time": 5.0}


def flow(number, group, dest="203.0.113.9", time=None):
    fields = {
        "src_ip": "10.0.0.5",
        "src_port": 5,
        "dest_ip": dest,
        "dest_port": 443,
        "fwd_bytes": number,
        "flow_dur": 1,
    }
    time = 1000.0 + number if time is None else time
    return {"raw": json.dumps(fields), "sourcetype": "netflow:json", "group": group, "time": time}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("flows")
    rows = [flow(2, "a"), flow(0, "a"), {**LOGON, "group": "a"}, flow(1, "held"), flow(3, "a", "203.0.113.8")]
    rows += [flow(4, "b"), flow(5, "b", time=9000.0), flow(6, "held")]
    write_rows(folder / f"{SOURCE}.jsonl.gz", [{"id": str(i), "source": SOURCE, **row} for i, row in enumerate(rows)])
    return folder


@pytest.fixture(scope="module")
def flow_windows(data):
    return windows.build(data, {SOURCE: frozenset({"held"})}, data / "out.gz", workers=1)


def test_a_window_holds_one_pair_in_order_of_time_and_ends_at_a_long_gap(flow_windows):
    assert sorted(map(list, flow_windows.training["pair"])) == [[1, 0, 5], [4], [6]]
    assert list(map(list, flow_windows.held_out["pair"])) == [[3, 7]]


def test_a_window_of_a_source_holds_all_its_flows(flow_windows):
    assert sorted(map(list, flow_windows.training["source"])) == [[1, 0, 4, 5], [6]]
    assert list(map(list, flow_windows.held_out["source"])) == [[3, 7]]


def test_every_event_has_an_entry_and_only_flows_have_endpoints(flow_windows):
    assert [flow.counters[0] for flow in flow_windows.flows] == [2, 0, 0, 1, 3, 4, 5, 6]
    assert flow_windows.flows[2] == FlowEvent(5.0)
    assert flow_windows.flows[4].dest == "203.0.113.8"


def test_an_existing_file_is_read(data, flow_windows):
    assert windows.build(data / "nothing", {}, data / "out.gz") == flow_windows
