"""Flows of any exporter: one schema, one spelling."""

import pytest

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.canonicaliser import canonicalise
from loglm_bridge.telemetry.families.network import flow
from loglm_bridge.telemetry.formats import lines

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


@pytest.mark.parametrize("exporter", EXPORTERS)
def test_every_exporter_gives_the_same_fields(exporter):
    fields = tuple(EXPORTERS[exporter].items())
    assert flow.is_flow(fields)
    assert flow.kind_of(fields) == "tcp"
    assert dict(flow.normalise(fields)) == EXPECTED


def test_text_and_json_exporters_read_alike():
    conn = "1700000000.1\tCabcdefgh12\t10.0.0.5\t51000\t203.0.113.9\t443\ttcp\t-\t30\t900\t9000\tSF"
    vpc = "2 1 eni-1 10.0.0.5 203.0.113.9 51000 443 6 4 900 1700000000 1700000030 ACCEPT OK"
    names = []
    for text in (conn, vpc):
        event = Event(text, sourcetype="zeek:conn" if "\t" in text else "")
        found = canonicalise(lines.parse(text, event), event)
        names.append(
            {n: v for n, v in found.fields if n in ("src_ip", "dest_ip", "dest_port", "bytes_out", "duration")}
        )
    assert names[0] == names[1]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [("SF", "established"), ("S0", "no_reply"), ("REJ", "rejected"), ("RSTO", "reset"), ("INT", "no_reply")],
)
def test_states_share_words(raw, expected):
    fields = (("src_ip", "10.0.0.1"), ("dest_ip", "10.0.0.2"), ("orig_bytes", "1"), ("conn_state", raw))
    assert dict(flow.normalise(fields))["state"] == expected


def test_an_alert_without_volume_is_no_flow():
    assert not flow.is_flow((("src_ip", "10.0.0.1"), ("dest_ip", "10.0.0.2"), ("signature", "scan")))


@pytest.mark.parametrize(("name", "family"), [("Session closed", "flow"), ("SQL injection", "device")])
def test_a_finding_that_counts_bytes_stays_a_finding(name, family):
    text = f"CEF:0|Acme|Guard|1|7|{name}|3|src=10.0.0.1 dst=10.0.0.2 proto=TCP in=900 out=120"
    assert lines.parse(text, Event(text)).family == family


def test_huge_and_broken_numbers_are_kept_out_of_the_way():
    fields = (("src_ip", "10.0.0.1"), ("dest_ip", "10.0.0.2"), ("bytes", "9" * 400), ("duration", "x:y:z"))
    assert dict(flow.normalise(fields))["fwd_bytes"] == "9" * 400
