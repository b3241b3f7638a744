"""Addresses and ports to classes."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.telemetry.canonical.network.addresses import ip, is_ip, port
from loglm_bridge.telemetry.canonical.network.ports import FIRST_EPHEMERAL, MAX_PORT, SERVICE_PORTS
from tests.telemetry.parsing import few_examples

CLASSES = {
    "{loopback}", "{private}", "{public}", "{linklocal}", "{multicast}", "{broadcast}", "{unspecified}", "{metadata}",
}  # fmt: skip


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("127.0.0.1", "{loopback}"),
        ("127.255.0.3", "{loopback}"),
        ("::1", "{loopback}"),
        ("10.20.30.40", "{private}"),
        ("172.16.0.1", "{private}"),
        ("172.31.0.1", "{private}"),
        ("172.32.0.1", "{public}"),
        ("192.168.1.7", "{private}"),
        ("192.168.1.255", "{broadcast}"),
        ("192.169.1.7", "{public}"),
        ("100.64.0.9", "{private}"),
        ("100.128.0.9", "{public}"),
        ("fd00::17", "{private}"),
        ("fe80::1%eth0", "{linklocal}"),
        ("169.254.169.254", "{metadata}"),
        ("169.254.1.1", "{linklocal}"),
        ("224.0.0.251", "{multicast}"),
        ("ff02::fb", "{multicast}"),
        ("255.255.255.255", "{broadcast}"),
        ("0.0.0.0", "{unspecified}"),
        ("::", "{unspecified}"),
        ("203.0.113.9", "{public}"),
        ("2001:db8::9", "{public}"),
        ("::ffff:10.0.0.1", "{private}"),
        ("[2001:db8::9]", "{public}"),
        ("203.0.113.9:8443", "{public}"),
        ("203.0.113.9:8443:x", "{public}"),
        ("10.0.0.0/8", "{private}"),
        (" 10.0.0.1 ", "{private}"),
        ("", ""),
        ("-", ""),
        ("filesrv01", "{host}"),
        ("www.shop.example", "www.{domain}.example"),
        ("1.2.3.456", "{other}"),
        ("not an address", "{other}"),
    ],
)
def test_ip(value, expected):
    assert ip(value) == expected


@few_examples
@given(st.ip_addresses())
def test_every_address_has_a_class_with_brackets_zone_or_prefix_too(address):
    value = str(address)
    expected = ip(value)
    assert expected in CLASSES
    assert is_ip(value)
    if address.version == 6:
        assert {ip(f"[{value}]"), ip(f"{value}%eth0"), ip(f"{value}/64")} == {expected}
    else:
        assert {ip(f"{value}:443"), ip(f"{value}/32"), ip(f"::ffff:{value}")} == {expected}


@few_examples
@given(st.ip_addresses(v=4))
def test_private_networks_are_those_of_the_rfcs(address):
    networks = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
    private = any(address in ipaddress.ip_network(network) for network in networks)
    assert (ip(str(address)) in ("{private}", "{broadcast}")) == (private or str(address) == "255.255.255.255")


@pytest.mark.parametrize("value", ["", "10.0.0", "10.0.0.256", "10.0.0.1:80", "::g", "x" * 100, "\u0661.0.0.1"])
def test_other_text_is_no_address(value):
    assert not is_ip(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0", "0"),
        ("22", "22"),
        ("1023", "1023"),
        ("3389", "3389"),
        ("47001", "47001"),
        ("1024", "{high}"),
        ("49151", "{high}"),
        ("49152", "{ephemeral}"),
        ("65535", "{ephemeral}"),
        ("65536", "{other}"),
        ("https", "https"),
        ("Netbios-SSN", "netbios-ssn"),
        ("a b", "{other}"),
        ("-", ""),
        ("", ""),
    ],
)
def test_port(value, expected):
    assert port(value) == expected


@few_examples
@given(st.integers(0, MAX_PORT))
def test_a_port_is_kept_exactly_if_it_names_a_service(number):
    unchanged = port(str(number)) == str(number)
    assert unchanged == (number <= 1_023 or number in SERVICE_PORTS)
    assert unchanged or port(str(number)) == ("{ephemeral}" if number >= FIRST_EPHEMERAL else "{high}")


@few_examples
@given(st.text(max_size=400))
def test_any_text_is_accepted(value):
    assert isinstance(ip(value), str)
    assert isinstance(port(value), str)
    assert is_ip(value) in (True, False)
