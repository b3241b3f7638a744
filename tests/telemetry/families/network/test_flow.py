"""Flows of any exporter in one schema."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.canonicaliser import canonicalise
from loglm_bridge.telemetry.families.network import flow
from loglm_bridge.telemetry.families.network.flow_aliases import ALIASES, NON_FLOW_FIELDS
from loglm_bridge.telemetry.formats import lines
from tests.telemetry.parsing import few_examples

EXPECTED = {
    "src_ip": "10.0.0.5", "src_port": "51000", "dest_ip": "203.0.113.9", "dest_port": "443", "protocol": "tcp",
    "flow_dur": "30", "fwd_bytes": "900", "bwd_bytes": "9000",
}  # fmt: skip
EXPORTERS = {
    "flowprep": {"timestamp": "1700000000", "src_ip": "10.0.0.5", "src_port": "51000", "dest_ip": "203.0.113.9",
                 "dest_port": "443", "protocol": "6", "flow_dur": "30", "fwd_bytes": "900", "bwd_bytes": "9000"},
    "zeek": {"ts": "1700000000.1", "id.orig_h": "10.0.0.5", "id.orig_p": "51000", "id.resp_h": "203.0.113.9",
             "id.resp_p": "443", "proto": "tcp", "duration": "30", "orig_bytes": "900", "resp_bytes": "9000"},
    "suricata": {"src_ip": "10.0.0.5", "src_port": "51000", "dest_ip": "203.0.113.9", "dest_port": "443",
                 "proto": "TCP", "flow.bytes_toserver": "900", "flow.bytes_toclient": "9000",
                 "flow.start": "2024-01-03T10:00:00+00:00", "flow.end": "2024-01-03T10:00:30+00:00"},
    "netflow": {"sourceIPv4Address": "10.0.0.5", "sourceTransportPort": "51000",
                "destinationIPv4Address": "203.0.113.9", "destinationTransportPort": "443", "protocolIdentifier": "6",
                "flowStartSysUpTime": "61000", "flowEndSysUpTime": "91000", "octetDeltaCount": "900",
                "reverseOctetDeltaCount": "9000"},
    "gcp": {"jsonPayload.connection.src_ip": "10.0.0.5", "jsonPayload.connection.src_port": "51000",
            "jsonPayload.connection.dest_ip": "203.0.113.9", "jsonPayload.connection.dest_port": "443",
            "jsonPayload.connection.protocol": "6", "jsonPayload.bytes_sent": "900", "bytes_received": "9000",
            "jsonPayload.start_time": "2024-01-03T10:00:00Z", "jsonPayload.end_time": "2024-01-03T10:00:30Z"},
    "fortinet": {"srcip": "10.0.0.5", "srcport": "51000", "dstip": "203.0.113.9", "dstport": "443", "proto": "6",
                 "duration": "30", "sentbyte": "900", "rcvdbyte": "9000"},
}  # fmt: skip
ENDPOINTS = (("src_ip", "10.0.0.1"), ("dest_ip", "10.0.0.2"))


@pytest.mark.parametrize("exporter", EXPORTERS)
def test_every_exporter_gives_the_same_fields(exporter):
    fields = tuple(EXPORTERS[exporter].items())
    assert flow.is_flow(fields)
    assert flow.kind_of(fields) == "tcp"
    assert dict(flow.normalise(fields)) == EXPECTED


@few_examples
@given(st.sampled_from(sorted(EXPORTERS)), st.randoms(use_true_random=False))
def test_the_order_of_fields_makes_no_difference(exporter, random):
    fields = list(EXPORTERS[exporter].items())
    random.shuffle(fields)
    assert dict(flow.normalise(fields)) == EXPECTED
    assert [name for name, _ in flow.normalise(fields)] == [name for name in flow.SCHEMA if name in EXPECTED]


def test_text_and_json_exporters_give_one_canonical_flow():
    conn = "1700000000.1\tCabcdefgh12\t10.0.0.5\t51000\t203.0.113.9\t443\ttcp\t-\t30\t900\t9000\tSF"
    vpc = "2 1 eni-1 10.0.0.5 203.0.113.9 51000 443 6 4 900 1700000000 1700000030 ACCEPT OK"
    shared = ("src_ip", "dest_ip", "dest_port", "bytes_out", "duration")
    canonical = []
    for text in (conn, vpc):
        event = Event(text, sourcetype="zeek:conn" if "\t" in text else "")
        form = canonicalise(lines.parse(text, event), event)
        canonical.append({name: value for name, value in form.fields if name in shared})
    assert canonical[0] == canonical[1]


@pytest.mark.parametrize("alias", sorted(alias for alias, name in ALIASES.items() if name in ("fwd_bytes", "bwd_pkts")))
def test_any_counter_makes_a_flow_of_two_addresses(alias):
    assert flow.is_flow((*ENDPOINTS, (alias.upper(), "7")))
    assert not flow.is_flow((*ENDPOINTS, (alias, "-")))
    assert not flow.is_flow((ENDPOINTS[0], (alias, "7")))


@pytest.mark.parametrize("name", sorted(NON_FLOW_FIELDS))
def test_a_field_that_no_plain_flow_has_makes_it_none(name):
    fields = (*ENDPOINTS, ("bytes", "7"))
    assert not flow.is_flow((*fields, (name, "x")))
    assert flow.is_flow((*fields, (name, "")))


def test_fields_without_values_tell_what_can_be_a_flow():
    assert flow.flow_fields(("src", "dst", "octets")).can_be_flow
    assert not flow.flow_fields(("src", "dst", "url")).can_be_flow


@pytest.mark.parametrize(("name", "family"), [("Session closed", "flow"), ("SQL injection", "device")])
def test_a_detection_that_counts_bytes_stays_one(name, family):
    text = f"CEF:0|Acme|Guard|1|7|{name}|3|src=10.0.0.1 dst=10.0.0.2 proto=TCP in=900 out=120"
    assert lines.parse(text, Event(text)).family == family


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ((("bytes_out", "1"), ("sentbyte", "2")), {"fwd_bytes": "1"}),
        ((("bytes_out", "-"), ("sentbyte", "2")), {"fwd_bytes": "2"}),
        ((("duration", "0:01:05"),), {"flow_dur": "65"}),
        ((("flow_duration_ms", "1500"),), {"flow_dur": "1.5"}),
        ((("start", "10"), ("end", "10")), {"flow_dur": "0"}),
        ((("start", "20"), ("end", "10")), {}),
        ((("conn_state", "SF"), ("action", "Deny")), {"state": "established", "action": "blocked"}),
        ((("bytes", "9" * 400), ("duration", "x:y:z")), {"fwd_bytes": "9" * 400, "flow_dur": "x:y:z"}),
        ((("comment", "x"),), {}),
    ],
)
def test_values_of_the_schema(fields, expected):
    assert dict(flow.normalise((*ENDPOINTS, *fields))) == dict(ENDPOINTS) | expected
