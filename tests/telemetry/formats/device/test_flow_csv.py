"""Flows as comma-separated values, and Windows Firewall lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.formats.device import flow_csv
from tests.telemetry.parsing import assert_linear, few_examples

ARGUS = (
    "2024/01/03 10:00:00.607825,1.026539,tcp,10.0.0.5,1577,   ->,203.0.113.9,6881,{state},0,0,4,276,156,flow=Background"
)
NFDUMP = "2024-01-03 10:00:00,2024-01-03 10:00:01,1.000,10.0.0.5,203.0.113.9,51000,443,TCP,...AP.SF,0,0,12,8400,10,9000"


def parse(text):
    return flow_csv.parse(text, Event(text))


def fields(text):
    return dict(parse(text).fields)


def test_argus_binetflow():
    record = parse(ARGUS.format(state="FSPA_FSPA"))
    assert (record.format, record.family, record.kind) == ("flow_csv", "flow", "tcp")
    assert dict(record.fields) == {
        "src_ip": "10.0.0.5",
        "src_port": "1577",
        "dest_ip": "203.0.113.9",
        "dest_port": "6881",
        "protocol": "tcp",
        "state": "established",
        "flow_dur": "1.026539",
        "fwd_bytes": "156",
        "bwd_bytes": "120",
        "fwd_pkts": "4",
    }


@pytest.mark.parametrize(
    ("flags", "state"),
    [
        ("S_", "no_reply"),
        ("SR_SA", "established"),
        ("CON", "established"),
        ("INT", "no_reply"),
        ("REQ", "req"),
    ],
)
def test_states_of_argus(flags, state):
    assert fields(ARGUS.format(state=flags))["state"] == state


@pytest.mark.xfail(reason="the state rejected is then taken for the decision of a firewall")
@pytest.mark.parametrize("flags", ["S_RA", "S_R", "S_RA_X"])
def test_refused_connections_of_argus_are_rejected_as_those_of_zeek(flags):
    assert fields(ARGUS.format(state=flags))["state"] == "rejected"


def test_hexadecimal_ports_of_argus_are_icmp_types():
    text = "2024/01/03 10:00:00.1,0.1,icmp,10.0.0.5,0x0008,  <->,203.0.113.9,0xd7c9,ECO,0,0,2,120,60,"
    actual = fields(text)
    assert actual["protocol"] == "icmp"
    assert "src_port" not in actual
    assert "dest_port" not in actual


def test_argus_with_a_header():
    header = "StartTime,Dur,Proto,SrcAddr,Sport,Dir,DstAddr,Dport,State,sTos,dTos,TotPkts,TotBytes,SrcBytes,Label"
    assert fields(f"{header}\n{ARGUS.format(state='CON')}") == fields(ARGUS.format(state="CON"))


def test_nfdump():
    assert fields(NFDUMP) == {
        "src_ip": "10.0.0.5",
        "src_port": "51000",
        "dest_ip": "203.0.113.9",
        "dest_port": "443",
        "protocol": "tcp",
        "tcp_flags": "...AP.SF",
        "flow_dur": "1.000",
        "fwd_bytes": "8400",
        "bwd_bytes": "9000",
        "fwd_pkts": "12",
        "bwd_pkts": "10",
    }


def test_columns_by_header():
    text = (
        'src_ip,src_port,dest_ip,dest_port,protocol,"Flow Duration",fwd_bytes,bwd_bytes\n'
        "10.0.0.5,51000,203.0.113.9,443,6,15,12,90"
    )
    actual = fields(text)
    assert (actual["src_ip"], actual["dest_port"], actual["protocol"]) == ("10.0.0.5", "443", "tcp")
    assert (actual["flow_dur"], actual["fwd_bytes"], actual["bwd_bytes"]) == ("15", "12", "90")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "2024-01-03 10:00:00 DROP TCP 203.0.113.9 10.0.0.5 51000 445 48 S 1 0 64240 - - - RECEIVE",
            {"action": "blocked", "protocol": "tcp", "dest_port": "445", "direction": "inbound", "fwd_bytes": "48"},
        ),
        (
            "2024-01-03 10:00:00 ALLOW UDP 10.0.0.5 203.0.113.9 51000 53 - - - - - - - - SEND",
            {"action": "allowed", "protocol": "udp", "dest_port": "53", "direction": "outbound"},
        ),
    ],
)
def test_windows_firewall(text, expected):
    record = parse(text)
    assert (record.format, record.family) == ("flow_csv", "flow")
    assert {name: dict(record.fields).get(name) for name in expected} == expected
    assert ("fwd_bytes" in dict(record.fields)) == ("fwd_bytes" in expected)


@few_examples
@given(
    st.ip_addresses(v=4).map(str),
    st.ip_addresses(v=4).map(str),
    st.integers(1, 65_535),
    st.integers(1, 65_535),
    st.integers(0, 10**9),
    st.integers(0, 10**9),
)
def test_argus_counts_round_trip(source, destination, source_port, destination_port, sent, received):
    text = (
        f"2024/01/03 10:00:00.1,0.5,udp,{source},{source_port},  <->,{destination},{destination_port},CON,0,0,2,"
        f"{sent + received},{sent},"
    )
    actual = fields(text)
    assert (actual["src_ip"], actual["src_port"]) == (source, str(source_port))
    assert (actual["dest_ip"], actual["dest_port"]) == (destination, str(destination_port))
    assert (actual["fwd_bytes"], actual["bwd_bytes"]) == (str(sent), str(received))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a,b,c",
        "2024-01-03,9,alpha,beta,gamma,17,delta,8,9,10,11,12,13,14,15",
        "2024-01-03 10:00:00 STOP TCP 1.1.1.1 2.2.2.2 1 2 3 4",
        "name,value,a,b,c,d,e,f\n1,2,3,4,5,6,7,8",
    ],
)
def test_other_text_is_no_flow(text):
    assert parse(text) is None


@pytest.mark.parametrize("unit", [",", "a,", "1.1.1.1,", " ", "\n", "->,"])
def test_parsing_takes_linear_time(unit):
    assert_linear(parse, unit)
    assert_linear(parse, unit, "2024/01/03 10:00:00.1,0.1,tcp,")
