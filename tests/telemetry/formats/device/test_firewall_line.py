"""Fixed-order lines: pf's filterlog, fast alerts of Snort and Suricata."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.formats.device import firewall_line
from tests.telemetry.parsing import assert_linear, few_examples

TCP4 = (
    "5,,,1000000103,em0,match,{action},{direction},4,0x0,,64,1234,0,DF,6,tcp,60,203.0.113.9,10.0.0.5,51000,22,0,S,1,,"
)
UDP6 = "5,,,1000000103,em0,match,block,in,6,0x00,0x00000,64,UDP,17,60,2001:db8::9,fd00::5,5353,53,40"
ICMP4 = "5,,,1000000103,em0,match,block,in,4,0x0,,64,1234,0,none,1,icmp,84,203.0.113.9,10.0.0.5,request,1,2"
ALERT = (
    "01/03-10:00:00.655 [**] [1:2009187:4] EXPLOIT attempt [**] [Classification: Web Application Attack] [Priority: 1] "
    "{{TCP}} {source} -> {destination}"
)
HOSTS = st.ip_addresses(v=4).map(str)


def parse(text):
    return firewall_line.parse(text, Event(text))


def fields(text):
    return dict(parse(text).fields)


@pytest.mark.parametrize(
    ("action", "decision"), [("pass", "allowed"), ("block", "blocked"), ("reject", "blocked"), ("rdr", "blocked")]
)
@pytest.mark.parametrize(("direction", "flow_direction"), [("in", "inbound"), ("out", "outbound")])
def test_filterlog_of_tcp(action, decision, direction, flow_direction):
    record = parse(TCP4.format(action=action, direction=direction))
    assert (record.format, record.family, record.kind) == ("filterlog", "flow", "tcp")
    assert dict(record.fields) == {
        "src_ip": "203.0.113.9",
        "src_port": "51000",
        "dest_ip": "10.0.0.5",
        "dest_port": "22",
        "protocol": "tcp",
        "action": decision,
        "direction": flow_direction,
    }


def test_filterlog_of_ipv6_and_of_protocols_without_ports():
    assert fields(UDP6) == {
        "src_ip": "2001:db8::9",
        "src_port": "5353",
        "dest_ip": "fd00::5",
        "dest_port": "53",
        "protocol": "udp",
        "action": "blocked",
        "direction": "inbound",
    }
    assert fields(ICMP4) == {
        "src_ip": "203.0.113.9",
        "dest_ip": "10.0.0.5",
        "protocol": "icmp",
        "action": "blocked",
        "direction": "inbound",
    }


def test_a_cut_filterlog_line_gives_what_it_has():
    for end in range(TCP4.index(",4,"), len(TCP4), 5):
        record = parse(TCP4.format(action="pass", direction="in")[:end])
        assert record is None or record.family == "flow"


@few_examples
@given(HOSTS, HOSTS, st.integers(0, 65_535), st.integers(0, 65_535))
def test_filterlogs_endpoints_round_trip(source, destination, source_port, destination_port):
    endpoints = f"{source},{destination},{source_port},{destination_port}"
    actual = fields(f"5,,,1,em0,match,pass,out,4,0x0,,64,1,0,DF,17,udp,60,{endpoints},40")
    assert (actual["src_ip"], actual["dest_ip"]) == (source, destination)
    assert (actual["src_port"], actual["dest_port"]) == (str(source_port), str(destination_port))


def test_fast_alerts():
    record = parse(ALERT.format(source="203.0.113.9:51000", destination="10.0.0.5:80"))
    assert (record.format, record.family, record.kind) == ("alert_fast", "ids", "alert")
    assert dict(record.fields) == {
        "action": "alert",
        "signature": "EXPLOIT attempt",
        "signature_id": "2009187",
        "category": "Web Application Attack",
        "severity": "1",
        "protocol": "tcp",
        "src_ip": "203.0.113.9",
        "src_port": "51000",
        "dest_ip": "10.0.0.5",
        "dest_port": "80",
    }


@pytest.mark.parametrize(
    ("endpoint", "address", "port"),
    [
        ("10.0.0.5:80", "10.0.0.5", "80"),
        ("10.0.0.5", "10.0.0.5", None),
        ("2001:0db8:0000:0000:0000:0000:0000:0005:80", "2001:0db8:0000:0000:0000:0000:0000:0005", "80"),
        ("2001:0db8:0000:0000:0000:0000:0000:0005", "2001:0db8:0000:0000:0000:0000:0000:0005", None),
    ],
)
def test_endpoints_of_alerts(endpoint, address, port):
    actual = fields(ALERT.format(source=endpoint, destination="10.0.0.9:443"))
    assert (actual["src_ip"], actual.get("src_port")) == (address, port)


def test_an_alert_without_classification_and_priority():
    actual = fields("[**] [1:1:1] ping [**] {ICMP} 10.0.0.1 -> 10.0.0.2")
    assert actual == {
        "action": "alert",
        "signature": "ping",
        "signature_id": "1",
        "protocol": "icmp",
        "src_ip": "10.0.0.1",
        "dest_ip": "10.0.0.2",
    }


@pytest.mark.parametrize(
    "text", ["", "a,b,c,d,e,match,pass,in,4", "[**] no alert", "5,,,1,em0,miss,pass,in,4,", "[**]" * 30]
)
def test_other_text_is_neither(text):
    assert parse(text) is None


@pytest.mark.parametrize("unit", ["[**] ", "[**] [1:1:1] a ", ",", "5,,,1,em0,match,", "a:"])
def test_parsing_takes_linear_time(unit):
    assert_linear(parse, unit)
    assert_linear(parse, unit, "[**] [1:1:1] x ")
