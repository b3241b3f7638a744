"""Values of unknown fields, made canonical by their form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.telemetry.canonical.untyped_values import MAX_TEXT, free_text, guess, identifier
from tests.telemetry.parsing import assert_linear, few_examples


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        ("2026-03-04T05:06:07Z", "{time}"),
        ("2026-03-04 05:06:07.123", "{time}"),
        ("7c1d2e3f-1111-2222-3333-444455556666", "{guid}"),
        ("{7C1D2E3F-1111-2222-3333-444455556666}", "{guid}"),
        ("10.1.2.3", "{private}"),
        ("fe80::1", "{linklocal}"),
        ("2001:db8::1", "{public}"),
        ("S-1-5-18", "system"),
        ("a@b.example", "{email}"),
        ("deadbeef00112233445566778899aabb", "{hex}"),
        ("443", "443"),
        ("-1", "-1"),
        ("123456", "{64k-128k}"),
        ("1.5", "1.5"),
        (r"C:\Users\bob\a.exe", r"\users\{user}\a.exe"),
        ("/home/bob/a.sh", "/home/{user}/a.sh"),
        (r"\\fs1\share\a", r"\\{host}\share\a"),
        (r"HKLM\Software\X", r"hklm\software\x"),
        ("https://www.acme.com/a?b=1", "https://www.{domain}.com/a?b={n}"),
        ("arn:aws:s3:::b", "arn:aws:s3:{name}"),
        ("AKIAIOSFODNN7EXAMPLEx", "{random}"),
        ("-", ""),
        ("N/A", ""),
        ("null", ""),
        ("[]", ""),
        ("", ""),
        ("Denied by policy", "denied by policy"),
        ("true", "true"),
    ],
)
def test_guess(raw, canonical):
    assert guess(raw) == canonical


@few_examples
@given(st.one_of(st.uuids().map(str), st.ip_addresses().map(str), st.emails(), st.integers(10**15, 10**18).map(str)))
def test_no_identity_is_left_of_a_value_that_is_one(value):
    assert value not in guess(value)
    assert guess(value).startswith("{")


@pytest.mark.parametrize(
    ("raw", "canonical"), [("admin", "admin"), ("u-12", ""), ("7c1d2e3f", ""), ("/x/y/z", "/x/y/z"), ("", "")]
)
def test_identifier(raw, canonical):
    assert identifier(raw) == canonical


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        (r"logon by CORP\m.ortega", "logon by {user}"),
        (r"logon by NT AUTHORITY\SYSTEM", r"logon by nt (system)"),
        (r"read HKLM\Software", r"read hklm\software"),
        ("Account Name: m.ortega", "account name: {user}"),
        ("login for user ann from 10.0.0.1", "login for user {user} from {private}"),
        ("Failed at 12:30:01", "failed at {time}"),
    ],
)
def test_free_text(raw, canonical):
    assert free_text(raw) == canonical


def test_rendered_messages_lose_their_names():
    text = free_text(r"Session logon succeeded: User: CORP\m.ortega from CORP\pc7$ account name: m.ortega")
    assert "ortega" not in text
    assert "corp" not in text


@few_examples
@given(st.text(max_size=2_000))
def test_any_text_is_bounded(raw):
    assert len(free_text(raw)) <= MAX_TEXT + 4
    assert len(guess(raw)) <= 2_100


@pytest.mark.parametrize("unit", ["a ", "CORP\\", "user: ", "a-1", "A1b2", "/a", "{", "x@y."])
def test_guessing_takes_linear_time(unit):
    assert_linear(guess, unit)
    assert_linear(free_text, unit)
