"""MikroTik firewall lines: packets that a rule logged, as flows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry import parse_record
from loglm_bridge.telemetry.formats.device import mikrotik
from tests.telemetry.parsing import assert_linear, few_examples

LINE = (
    "firewall,info {chain}: in:ether1 out:{out}, src-mac 00:00:5e:00:53:01, proto {protocol}, "
    "{source}->{destination}, len {length}"
)
HOSTS = st.ip_addresses(v=4).map(str)
PORTS = st.integers(0, 65_535)


def line(**changes):
    values = {"chain": "input", "out": "(unknown 0)", "protocol": "TCP (SYN)", "length": 60}
    return LINE.format(**{**values, "source": "203.0.113.9:51000", "destination": "198.51.100.1:8291", **changes})


def parse(text):
    return mikrotik.parse(text, Event(text))


def test_a_packet_to_the_router():
    record = parse(line())
    assert (record.format, record.family, record.kind) == ("mikrotik", "flow", "tcp")
    assert dict(record.fields) == {
        "src_ip": "203.0.113.9",
        "src_port": "51000",
        "dest_ip": "198.51.100.1",
        "dest_port": "8291",
        "protocol": "tcp",
        "direction": "inbound",
        "fwd_bytes": "60",
    }


@pytest.mark.parametrize(
    ("changes", "name", "value"),
    [
        ({"chain": "forward", "out": "bridge"}, "direction", None),
        ({"chain": "output", "out": "ether1"}, "direction", "outbound"),
        ({"protocol": "UDP"}, "protocol", "udp"),
        ({"protocol": "ICMP (type 8, code 0)", "source": "203.0.113.9", "destination": "10.0.0.1"}, "src_port", None),
        ({"source": "[2001:db8::9]:443", "destination": "[fd00::5]:22"}, "dest_ip", "fd00::5"),
    ],
)
def test_chains_protocols_and_addresses(changes, name, value):
    assert dict(parse(line(**changes)).fields).get(name) == value


def test_a_line_behind_a_syslog_header_and_a_log_prefix():
    for text in (f"Jan 10 13:55:36 router1 {line()}", f"<134>Jan 10 13:55:36 router1 {line(chain='DROP-WAN input')}"):
        record = parse_record(Event(text))
        assert (record.format, record.family, record.status) == ("mikrotik", "flow", "ok")


@few_examples
@given(source=HOSTS, source_port=PORTS, destination=HOSTS, port=PORTS, length=st.integers(20, 65_535))
def test_what_is_written_is_read(source, source_port, destination, port, length):
    text = line(source=f"{source}:{source_port}", destination=f"{destination}:{port}", length=length)
    fields = dict(parse(text).fields)
    assert (fields["src_ip"], fields["src_port"]) == (source, str(source_port))
    assert (fields["dest_ip"], fields["dest_port"], fields["fwd_bytes"]) == (destination, str(port), str(length))


@pytest.mark.parametrize("text", ["input: in:ether1", "a->b proto TCP", "route add 10.0.0.0/8 -> 10.0.0.1", ""])
def test_other_lines_are_not_accepted(text):
    assert parse(text) is None


def test_time_grows_with_the_line():
    assert_linear(parse, "a->b proto TCP, ", "input: in:")
