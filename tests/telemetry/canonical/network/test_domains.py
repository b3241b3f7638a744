"""Domain names: known services are kept, other names reduced to their structure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.telemetry.canonical.network.domain_table import KNOWN_DOMAINS
from loglm_bridge.telemetry.canonical.network.domains import domain, is_domain_like, looks_random
from tests.telemetry.parsing import assert_linear, few_examples

LABELS = st.from_regex(r"[a-z]{2}[aeiou]{2}[a-z]{2,5}[aeiou]", fullmatch=True)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("RAW.githubusercontent.com.", "raw.githubusercontent.com"),
        ("api.telegram.org", "api.telegram.org"),
        ("7f3a.ngrok.io", "{sub}.ngrok.io"),
        ("a.b.ngrok.io", "{subs}.ngrok.io"),
        ("acme.com", "{domain}.com"),
        ("acme.de", "{domain}.de"),
        ("a.b.acme.co.uk", "{subs}.{domain}.co.uk"),
        ("co.uk", "{domain}.uk"),
        ("www.acme.com", "www.{domain}.com"),
        ("files.acme.com", "{sub}.{domain}.com"),
        ("x7k2p9q4m1z8w3.top", "{random}.top"),
        ("aGVsbG8gd29ybGQgdGhpcyBpcyBkYXRh.acme.com", "{long}.{domain}.com"),
        ("q7w2e9r4t5.acme.com", "{random}.{domain}.com"),
        ("site.qqzzyy", "{domain}.{tld}"),
        ("dc01.corp.local", "{subs}.local"),
        ("printer.local", "{sub}.local"),
        ("expyuzz4wqqyqhjn.onion", "{onion}"),
        ("4.3.2.1.in-addr.arpa", "{ptr}.in-addr.arpa"),
        ("wpad", "wpad"),
        ("wpad.acme.com", "wpad.{domain}"),
        ("_ldap._tcp.dc._msdcs.acme.local", "_ldap._tcp.dc._msdcs.{domain}"),
        ("_kerberos._tcp.Default-First-Site._sites.dc._msdcs.acme.local", "_kerberos._tcp.{site}._sites.{domain}"),
        ("dc01", "{host}"),
        ("localhost", "localhost"),
        ("xn--bcher-kva.com", "{idn}.com"),
        ("bücher.example", "{idn}"),
        ("10.0.0.1", "{other}"),
        ("a b.com", "{other}"),
        ("a_b?.com", "{other}"),
        (".", ""),
        ("-", ""),
        ("", ""),
    ],
)
def test_domain(value, expected):
    assert domain(value) == expected


@pytest.mark.parametrize("name", sorted(KNOWN_DOMAINS)[::7])
def test_known_services_are_kept_below_any_name(name):
    assert domain(name.upper()) == name
    assert domain(f"some-customer.{name}").endswith(f".{name}")


@few_examples
@given(LABELS, LABELS)
def test_no_registered_name_is_left(registered, subdomain):
    for suffix in ("com", "co.uk", "local", "test"):
        assert registered not in domain(f"{subdomain}.{registered}.{suffix}").split(".")


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("x7k2p9q4m1z8w3", True),
        ("qwrtzplkjhgf", True),
        ("authentication", False),
        ("a1b2c3", False),
        ("1234567890", False),
        ("", False),
    ],
)
def test_looks_random(label, expected):
    assert looks_random(label) is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("a", True), ("a.b-c.d_e", True), ("*.acme.com", True), ("a..b", False), ("a b", False), ("x" * 300, False)],
)
def test_is_domain_like(value, expected):
    assert is_domain_like(value) is expected


@few_examples
@given(st.text(alphabet="abc019.-_*é /", max_size=80))
def test_any_text_is_accepted_and_canonical_again(value):
    assert domain(value) == domain(value.upper().lower())
    assert len(domain(value)) <= 320


@pytest.mark.parametrize("unit", ["a.", "a", "_a.", "xn--", "é."])
def test_reading_takes_linear_time(unit):
    assert_linear(domain, unit)
