"""From records to canonical events."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry import Record, canonicalise, parse_and_canonicalise
from loglm_bridge.telemetry.canonical.field_order import rank
from loglm_bridge.telemetry.canonicaliser import (
    MAX_FIELDS,
    MAX_RULE_VALUE,
    CanonicalField,
    canonical_field,
    canonical_value,
    has_few_values,
)
from loglm_bridge.telemetry.record import EventType
from tests.telemetry.event_samples import EVENTS
from tests.telemetry.parsing import few_examples

SYSMON = EventType("windows_xml", "windows", "sysmon:1")
JSON = EventType("json", "json", "door:opened")


def fields(*pairs, event_type=SYSMON, host=""):
    return dict(canonicalise(Record(*event_type, pairs), Event("", host=host)).fields)


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS.keys())
def test_fields_are_in_order_bounded_and_not_empty(event):
    form = parse_and_canonicalise(event)[1]
    ranks = [rank(name) for name, _ in form.fields]
    assert ranks == sorted(ranks)
    assert len(form.fields) <= MAX_FIELDS
    assert all(name and value for name, value in form.fields)
    assert len({name for name, _ in form.fields}) == len(form.fields)


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS.keys())
def test_the_same_event_gives_the_same_form(event):
    assert parse_and_canonicalise(event)[1].key == parse_and_canonicalise(event)[1].key


@pytest.mark.parametrize(
    ("event_type", "name", "value", "expected"),
    [
        (SYSMON, "Image", r"C:\x.exe", CanonicalField("process_path", r"\x.exe")),
        (SYSMON, "Image", "-", CanonicalField()),
        (SYSMON, "Image", "(NULL)", CanonicalField()),
        (SYSMON, "ProcessGuid", "{1}", CanonicalField()),
        (SYSMON, "SubjectUserName", "ann", CanonicalField(value="ann", account_field="subjectusername")),
        (JSON, "badge", "7c1d2e3f-1111-2222-3333-444455556666", CanonicalField()),
        (JSON, "result", "opened", CanonicalField()),
        (JSON, "result", "closed", CanonicalField("result", "closed")),
        (JSON, "sourceIp", "10.0.0.1", CanonicalField("src_ip", "{private}")),
    ],
)
def test_canonical_field(event_type, name, value, expected):
    assert canonical_field(event_type, name, value) == expected


@pytest.mark.parametrize(
    ("event_type", "name", "expected"),
    [
        (SYSMON, "ProcessGuid", True),
        (SYSMON, "SubjectUserName", False),
        (SYSMON, "SourcePort", True),
        (SYSMON, "Image", False),
        (EventType("json", "flow", "tcp"), "fwd_bytes", True),
    ],
)
def test_has_few_values(event_type, name, expected):
    assert has_few_values(event_type, name) is expected


def test_canonical_value_of_dropped_and_numeric_fields():
    assert canonical_value(SYSMON, "ProcessGuid", "{1}") == ""
    assert canonical_value(SYSMON, "SourcePort", "51000") == "{ephemeral}"
    assert canonical_value(SYSMON, "SourcePort", "-") == ""


def test_the_kind_gives_the_action():
    assert fields(("Image", "x.exe"))["action"] == "process_create"
    assert fields(("badge", "x"), event_type=JSON)["action"] == "opened"
    assert fields(("verb", "close"), event_type=JSON)["http_method"] == "close"
    assert "action" not in fields(("badge", "x"), event_type=EventType("json", "json", "door"))


def test_accounts_are_merged_in_windows_events_only():
    pairs = (("SubjectUserName", "ann"), ("TargetUserName", "root"))
    assert fields(*pairs) == {"action": "process_create", "user": "root", "src_user": "{user}"}
    assert fields(*pairs, event_type=JSON)["user"] == "{user}"


def test_the_own_host_is_masked_after_merging():
    actual = fields(("Computer", "pay-07.corp.example"), ("CommandLine", "ping pay-07 and web-01"), host="web-01")
    assert actual["process"] == "ping {host} and {host}"


def test_fields_beyond_the_limits_are_dropped():
    pairs = tuple((f"unknown{i:03}", f"word{chr(97 + i % 26)}") for i in range(300))
    form = canonicalise(Record(*JSON, pairs))
    assert len(form.fields) == MAX_FIELDS
    assert len(form.rule_fields) == 256


def test_rule_fields_are_the_values_as_logged_in_lower_case():
    pairs = (("Image", r"C:\X.EXE"), ("ProcessGuid", "{ABC}"), ("Long", "Y" * 10_000))
    form = canonicalise(Record(*SYSMON, pairs))
    assert form.rule_fields == (
        ("image", r"c:\x.exe"),
        ("process_path", r"c:\x.exe"),
        ("processguid", "{abc}"),
        ("long", "y" * MAX_RULE_VALUE),
    )


@few_examples
@given(st.lists(st.tuples(st.text(max_size=12), st.text(max_size=40)), max_size=8))
def test_any_record_is_canonicalised(pairs):
    for event_type in (SYSMON, JSON, EventType("syslog", "linux", "sshd")):
        form = canonicalise(Record(*event_type, tuple(pairs)))
        assert (form.family, form.kind) == event_type[1:]
        assert all(name and value for name, value in form.fields)
