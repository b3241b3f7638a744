"""Syslog headers and bodies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.formats import syslog
from tests.telemetry.parsing import assert_linear, few_examples

SSH = "Failed password for root from 203.0.113.9 port 51234 ssh2"
HEADERS = {
    "rfc3164": "Jan  3 10:00:01 web01 sshd[2211]: ",
    "with PRI": "<38>Jan  3 10:00:01 web01 sshd[2211]: ",
    "with year": "Jan  3 2024 10:00:01 web01 sshd[2211]: ",
    "year first": "2024 Jan  3 10:00:01 web01 sshd[2211]: ",
    "fraction": "Jan  3 10:00:01.123 web01 sshd[2211]: ",
    "zone": "Jan  3 10:00:01 UTC: web01 sshd[2211]: ",
    "iso": "2024-01-03T10:00:01.123+01:00 web01 sshd[2211]: ",
    "iso and PRI": "<38>2024-01-03T10:00:01Z web01 sshd[2211]: ",
    "no host": "Jan  3 10:00:01 sshd[2211]: ",
    "severity": "Jan  3 10:00:01 web01 err sshd[2211]: ",
    "no process id": "Jan  3 10:00:01 web01 sshd: ",
    "tag only": "sshd[2211]: ",
    "PRI and tag": "<38>sshd[2211]: ",
    "rfc5424": "<38>1 2024-01-03T10:00:01.003Z web01 sshd 2211 - - ",
    "rfc5424 with BOM": "<38>1 2024-01-03T10:00:01.003Z web01 sshd 2211 ID1 - BOM",
    "rfc5424 without program": "<38>1 2024-01-03T10:00:01.003Z web01 - - - - sshd[2211]: ",
    "IPv6 host": "Jan  3 10:00:01 [2001:db8::1] sshd[2211]: ",
    "cut rfc5424": "Jan  3 10:00:01 web01 sshd 2211 - - ",
}


def parse(text):
    return syslog.parse(text, Event(text))


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS.keys())
def test_the_body_is_the_programs_whatever_the_header(header):
    record = parse(header + SSH)
    assert (record.format, record.family, record.kind) == ("syslog", "linux", "sshd")
    expected = {"action": "logon_failed", "user": "root", "src_ip": "203.0.113.9", "src_port": "51234"}
    assert {name: value for name, value in record.fields if name in expected} == expected


@pytest.mark.xfail(reason="a tag must begin with a letter")
def test_a_tag_may_be_the_programs_path():
    record = parse("Jan  3 10:05:01 web01 /USR/SBIN/CRON[2299]: (root) CMD (run-parts /etc/cron.hourly)")
    assert record.kind == "cron"


@pytest.mark.parametrize(
    ("header", "host"),
    [
        ("Jan  3 10:00:01 web01 sshd[1]: ", "web01"),
        ("Jan  3 10:00:01 10.0.0.1 sshd[1]: ", "10.0.0.1"),
        ("Jan  3 10:00:01 web01: sshd[1]: ", None),
        ("Jan  3 10:00:01 sshd[1]: ", None),
    ],
)
def test_the_host_is_a_field(header, host):
    assert dict(parse(header + SSH).fields).get("host") == host


@pytest.mark.parametrize(
    ("body", "format_name", "family"),
    [
        ("CEF:0|Acme|Guard|1|7|Scan|5|src=10.0.0.1", "cef", "device"),
        ("LEEF:1.0|Acme|Guard|1|deny|src=10.0.0.1\tdst=10.0.0.2", "leef", "device"),
        ('{"event_type": "alert", "flow_id": 1}', "json", "ids"),
        ('@cee: {"event_type": "alert", "flow_id": 1}', "json", "ids"),
        ('type=EXECVE msg=audit(1.0:1): a0="id"', "auditd", "linux"),
        ('10.0.0.1 - - [10/Oct/2024:13:55:36 +0000] "GET / HTTP/1.1" 200 1 "-" "curl"', "web_access", "web"),
        ("alpha=1 beta=2 gamma=3 delta=4", "key_value", "key_value"),
        ("%ASA-4-106023: Deny tcp src out:203.0.113.9/1 dst in:10.0.0.5/22 by access-group", "syslog", "flow"),
        ("IN=eth0 OUT= SRC=203.0.113.9 DST=10.0.0.5 LEN=60 PROTO=TCP SPT=1 DPT=23 SYN", "syslog", "flow"),
        ("the disk is full", "syslog", "linux"),
    ],
)
def test_the_body_is_parsed_in_turn(body, format_name, family):
    for header in ("Jan  3 10:00:00 web01 agent[7]: ", "<13>Jan  3 10:00:00 web01 "):
        record = parse(header + body)
        assert (record.format, record.family) == (format_name, family)


def test_structured_data_becomes_fields():
    text = r'<165>1 2024-01-03T10:00:00Z h app 1 ID47 [ex@32473 eventSource="App \"x\"" n="3"][b@1 c="d"] disk is full'
    record = parse(text)
    assert record.kind == "app"
    assert dict(record.fields) == {"message": "disk is full", "eventSource": 'App "x"', "n": "3", "c": "d"}


@pytest.mark.xfail(reason="of the escapes of RFC 5424 only that of quotes is undone")
def test_escapes_in_structured_data_are_undone():
    text = r'<165>1 2024-01-03T10:00:00Z h app 1 - [a b="C:\\x" c="[d\]"] hello'
    assert dict(parse(text).fields) == {"message": "hello", "b": r"C:\x", "c": "[d]"}


def test_structured_data_that_never_ends_is_the_message():
    assert dict(parse('<34>1 2024-01-01T00:00:00Z h app - - [a b="c').fields) == {"message": '[a b="c'}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "a sentence: with a colon",
        "2024-01-03 10:00:00 WARN something happened",
        "2024-01-03 10:00:00,123 main: hello",
    ],
)
def test_other_text_is_no_syslog(text):
    assert parse(text) is None


def test_a_tag_without_header_must_be_known_or_have_a_process_id():
    assert parse("sshd: x").kind == "sshd"
    assert parse("whatever[12]: x").kind == "whatever"
    assert parse("whatever: x") is None


@few_examples
@given(
    st.from_regex(r"[a-z]{3,8}[0-9]{1,2}", fullmatch=True),
    st.from_regex(r"[a-z]{4,9}d", fullmatch=True),
    st.integers(1, 99_999),
    st.from_regex(r"[g-z]{3,8}( [g-z]{3,8}){1,4}", fullmatch=True),
)
def test_host_program_and_message_round_trip(host, program, process_id, message):
    record = parse(f"<13>Jan 13 10:00:01 {host} {program}[{process_id}]: {message}")
    assert record.kind == program
    assert dict(record.fields)["host"] == host
    assert dict(record.fields).get("message", message) == message


@few_examples
@given(st.text(max_size=200))
def test_any_text_after_a_header_is_parsed(text):
    assert parse("<13>Jan 13 10:00:01 web01 app[1]: " + text) is not None
    parse("<13>1 2024-01-03T10:00:01Z h a - - [" + text)


@pytest.mark.parametrize("unit", ["[a ", '[a b="c"]', '\\"', "err ", "a: ", "<13>", "host ", "]["])
def test_parsing_takes_linear_time(unit):
    assert_linear(parse, unit, "<34>1 2024-01-01T00:00:00Z h a - - ")
    assert_linear(parse, unit, "Jan  3 10:00:00 ")
