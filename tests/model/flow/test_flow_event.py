"""Flow events: every exporter gives the same integers."""

import json

from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.event import Event
from loglm_bridge.model.flow.flow_event import MAX_COUNTER, FlowEvent, address_class, to_flow_event
from loglm_bridge.telemetry import parse

CONN = (
    "ts", "uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "proto", "duration", "orig_bytes", "resp_bytes",
    "conn_state", "orig_pkts", "resp_pkts",
)  # fmt: skip


def flow(time=0.0, **changes):
    fields = {
        "src_ip": "10.0.0.5", "src_port": 51000, "dest_ip": "203.0.113.9", "dest_port": 443, "flow_dur": 0.25,
        "fwd_bytes": 800, "bwd_bytes": 2400, "total_fwd_pkts": 6, "total_bwd_pkts": 7,
    } | changes  # fmt: skip
    event = Event(raw=json.dumps(fields), sourcetype="netflow:json", time=time)
    return to_flow_event(parse(event), event)


def test_every_exporter_gives_the_same_flow():
    values = (0.0, "C1", "10.0.0.5", 51000, "203.0.113.9", 443, "tcp", 0.25, 800, 2400, "SF", 6, 7)
    zeek = {"_path": "conn", **dict(zip(CONN, values, strict=True))}
    event = Event(raw=json.dumps(zeek), sourcetype="zeek:conn:json", time=0.0)
    assert to_flow_event(parse(event), event) == flow()


def test_counters_are_bytes_packets_and_microseconds():
    assert flow().counters == (800, 2400, 6, 7, 250_000)
    assert flow(fwd_bytes=0).counters[0] == flow(fwd_bytes=-3).counters[0] == flow(fwd_bytes="many").counters[0] == 0
    assert flow(fwd_bytes=2**200).counters[0] == flow(fwd_bytes=MAX_COUNTER).counters[0] == MAX_COUNTER


def test_addresses_are_classified():
    assert [address_class(address) for address in ("10.0.0.1", "203.0.113.9", "224.0.0.1", "")] == [1, 2, 3, 0]


def test_an_event_that_is_no_flow_has_only_a_time():
    event = Event(raw='{"EventID": 4624, "Channel": "Security"}', time=7.0)
    assert to_flow_event(parse(event), event) == FlowEvent(7.0)
    assert to_flow_event(parse(event), Event(raw=event.raw)) == FlowEvent(0.0)


@given(st.integers(0, 10**12))
def test_integers_and_equal_decimals_give_the_same_counter(count):
    assert flow(fwd_bytes=count).counters[0] == flow(fwd_bytes=f"{count}.0").counters[0] == count
    microseconds = min(MAX_COUNTER, count * 1_000_000)
    assert flow(flow_dur=count).counters[4] == flow(flow_dur=f"{count}.0").counters[4] == microseconds


def test_known_fields_are_given_by_their_canonical_names():
    assert FlowEvent(0.0, "10.0.0.5", 0, "", 443, (800, 0, 6, 7, 250_000)).to_fields() == {
        "src_ip": "10.0.0.5",
        "dest_port": "443",
        "fwd_bytes": "800",
        "fwd_pkts": "6",
        "bwd_pkts": "7",
        "flow_dur": "0.25",
    }


def test_a_flow_without_a_field_does_not_have_it():
    fields = flow().to_fields()
    for name in fields:
        assert flow().without(name).to_fields() == {n: v for n, v in fields.items() if n != name}
