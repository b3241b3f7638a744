"""AWS VPC flow log lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.formats.device import vpc_flow
from tests.telemetry.parsing import assert_linear, canonical, few_examples

LINE = "2 123456789012 eni-0a1b2c3d 10.0.0.5 203.0.113.9 44321 443 6 12 8400 1700000000 1700000060 ACCEPT OK"
EXPECTED = {
    "src_ip": "10.0.0.5",
    "src_port": "44321",
    "dest_ip": "203.0.113.9",
    "dest_port": "443",
    "protocol": "tcp",
    "action": "allowed",
    "flow_dur": "60",
    "fwd_bytes": "8400",
    "fwd_pkts": "12",
}


def parse(text):
    return vpc_flow.parse(text, Event(text))


def test_the_default_format():
    record = parse(LINE)
    assert (record.format, record.family, record.kind) == ("vpc_flow", "flow", "tcp")
    assert dict(record.fields) == EXPECTED
    assert dict(parse(LINE + " extra columns").fields) == EXPECTED
    assert dict(parse(LINE.replace("ACCEPT", "REJECT")).fields)["action"] == "blocked"


def test_columns_by_header():
    text = (
        "srcaddr dstaddr srcport dstport protocol bytes packets start end action log-status\n"
        "10.0.0.5 203.0.113.9 44321 443 6 8400 12 1700000000 1700000060 ACCEPT OK"
    )
    assert dict(parse(text).fields) == EXPECTED


@pytest.mark.parametrize("status", ["NODATA", "SKIPDATA"])
def test_a_line_without_data(status):
    record = parse(f"2 123456789012 eni-0a1b2c3d - - - - - - - 1700000000 1700000060 - {status}")
    assert (record.family, record.kind, record.fields) == ("flow", "nodata", (("status", status.lower()),))


@few_examples
@given(
    st.ip_addresses().map(str),
    st.ip_addresses().map(str),
    st.integers(0, 65_535),
    st.integers(1, 10**9),
    st.integers(0, 3_600),
)
def test_a_line_of_known_values_gives_them_back(source, destination, port, size, seconds):
    start = 1_700_000_000
    text = f"2 1 eni-1 {source} {destination} {port} 53 17 1 {size} {start} {start + seconds} ACCEPT OK"
    actual = dict(parse(text).fields)
    assert (actual["src_ip"], actual["dest_ip"], actual["src_port"]) == (source, destination, str(port))
    assert (actual["protocol"], actual["fwd_bytes"], actual["flow_dur"]) == ("udp", str(size), str(seconds))


def test_the_canonical_flow_has_no_identity():
    assert canonical(LINE) == {
        "transport": "tcp",
        "dest_port": "443",
        "dest_ip": "{public}",
        "src_ip": "{private}",
        "src_port": "{high}",
        "duration": "{1-10m}",
        "bytes_out": "{8k-16kB}",
        "packets_out": "{8-15}",
        "action": "allowed",
    }


@pytest.mark.parametrize(
    "text", ["", "2 1 eni-1", LINE.replace("OK", "FINE"), LINE.replace("ACCEPT", "KEEP"), "x " + LINE]
)
def test_other_text_is_no_flow_log(text):
    assert parse(text) is None


@pytest.mark.parametrize("unit", ["1 ", " ", "srcaddr ", "\n"])
def test_parsing_takes_linear_time(unit):
    assert_linear(parse, unit)
    assert_linear(parse, unit, "2 1 eni-1 10.0.0.5 203.0.113.9 ")
