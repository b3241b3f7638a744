"""Lines of Cisco devices."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.telemetry.families.network import network_os
from tests.telemetry.parsing import assert_linear, few_examples

HOSTS = st.ip_addresses(v=4).map(str)


def parse(text):
    return network_os.parse("syslog", text)


def fields(text):
    return dict(parse(text).fields)


def test_a_mnemonic_is_a_field():
    record = parse("45: *Jan  3 10:00:00: %SEC_LOGIN-4-LOGIN_FAILED: Login failed [user: admin] [Source: 203.0.113.9]")
    assert (record.format, record.family, record.kind) == ("syslog", "device", "cisco_sec_login")
    assert dict(record.fields) == {
        "severity": "4",
        "mnemonic": "LOGIN_FAILED",
        "message": "Login failed [user: admin] [Source: 203.0.113.9]",
    }


def test_pairs_after_a_mnemonic_are_fields():
    actual = fields("%NGIPS-6-430003: AccessControlRuleAction=Block SrcIP=10.0.0.1 DstIP=10.0.0.2")
    assert actual["mnemonic"] == "ngips_430003"
    assert (actual["SrcIP"], actual["AccessControlRuleAction"]) == ("10.0.0.1", "Block")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            (
                "%ASA-6-302014: Teardown TCP connection 12 for outside:203.0.113.9/443 to inside:10.0.0.5/51234 "
                "duration 0:00:30 bytes 4500 TCP FINs"
            ),
            {"action": "allowed", "protocol": "tcp", "flow_dur": "30", "fwd_bytes": "4500"},
        ),
        (
            '%ASA-4-106023: Deny udp src outside:203.0.113.9/443 dst inside:10.0.0.5/51234 by access-group "x"',
            {"action": "blocked", "protocol": "udp"},
        ),
        (
            "%FTD-6-106100: access-list x denied tcp outside/203.0.113.9(443) -> inside/10.0.0.5(51234) hit-cnt 1",
            {"action": "blocked", "protocol": "tcp"},
        ),
    ],
)
def test_connections_of_firewalls_are_flows(text, expected):
    record = parse(text)
    assert record.family == "flow"
    endpoints = {"src_ip": "203.0.113.9", "src_port": "443", "dest_ip": "10.0.0.5", "dest_port": "51234"}
    assert dict(record.fields) == endpoints | expected


def test_a_list_of_connection_fields_is_a_flow():
    text = (
        "%FTD-6-430003: SrcIP: 10.0.0.5, DstIP: 203.0.113.9, SrcPort: 51000, DstPort: 443, Protocol: tcp, "
        "AccessControlRuleAction: Allow, InitiatorBytes: 900, ResponderBytes: 9000"
    )
    record = parse(text)
    assert (record.family, record.kind) == ("flow", "tcp")
    assert dict(record.fields)["bwd_bytes"] == "9000"


def test_other_sentences_of_firewalls_name_user_and_addresses():
    text = "%ASA-5-111008: User 'bob' executed the 'enable' command."
    assert fields(text) == {"mnemonic": "asa_111008", "severity": "5", "user": "bob", "message": text.split(": ", 1)[1]}
    actual = fields('%ASA-6-605005: Login permitted from 203.0.113.9/443 to inside:10.0.0.5/ssh for user "bob"')
    assert actual["src_ip"] == "203.0.113.9"


@pytest.mark.xfail(reason="the first word after `user` is taken for its name")
def test_a_users_name_follows_the_equals_sign():
    text = "%ASA-6-113004: AAA user authentication Successful : server = 10.0.0.9 : user = bob"
    assert fields(text)["user"] == "bob"


@few_examples
@given(HOSTS, HOSTS, st.integers(0, 65_535), st.integers(0, 65_535), st.integers(0, 10**9))
def test_a_connection_of_known_values_gives_them_back(source, destination, source_port, destination_port, size):
    endpoints = f"out:{source}/{source_port} to in:{destination}/{destination_port}"
    actual = fields(f"%ASA-6-302016: Teardown UDP connection 1 for {endpoints} duration 1:00:01 bytes {size}")
    assert (actual["src_ip"], actual["src_port"]) == (source, str(source_port))
    assert (actual["dest_ip"], actual["dest_port"]) == (destination, str(destination_port))
    assert (actual["flow_dur"], actual["fwd_bytes"]) == ("3601", str(size))


@pytest.mark.parametrize("text", ["", "no mnemonic", "%lower-6-X: y", "%ASA-6: x", "x" * 300 + "%ASA-6-302014: y"])
def test_other_text_is_no_devices_line(text):
    assert parse(text) is None


@pytest.mark.parametrize("unit", ["%A-1-B: ", "1.1.1.1/1 ", "from ", "a: b, ", "user ", "%"])
def test_parsing_takes_linear_time(unit):
    assert_linear(parse, unit)
    assert_linear(parse, unit, "%ASA-6-302014: ")
