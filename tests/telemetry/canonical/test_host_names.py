"""The event's own host is masked in all values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry import Record
from loglm_bridge.telemetry.canonical.host_names import (
    host_field_indices,
    host_names,
    is_service_log,
    mask_host,
    spellings,
)
from tests.telemetry.parsing import few_examples


def record(*fields, format_name="windows_xml", family="windows"):
    return Record(format_name, family, "", fields)


def test_the_hosts_names_come_from_its_fields_and_from_the_hint():
    event = Event("", host="web-01")
    own = host_names(record(("EventID", "1"), ("Computer", "Payroll-07.corp.example")), event)
    assert own == ("payroll-07.corp.example", "payroll-07", "web-01")
    assert host_names(record(("EventID", "1")), None) == ()


def test_the_hint_of_a_cloud_services_log_is_its_collector():
    event = Event("", host="collector-3")
    assert host_names(record(("eventName", "x"), format_name="json", family="aws"), event) == ()
    assert host_names(record(("EventID", "1"), format_name="json", family="windows"), event) == ("collector-3",)


@pytest.mark.parametrize(
    ("format_name", "family", "expected"),
    [("json", "aws", True), ("json", "windows", False), ("json", "json", False), ("syslog", "device", False)],
)
def test_is_service_log(format_name, family, expected):
    assert is_service_log(format_name, family) is expected


def test_only_leading_fields_name_the_host():
    names = ["EventID", "Computer", *("x",) * 30, "host"]
    assert host_field_indices(names) == (1,)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("WEB-01.corp.example", ("web-01.corp.example", "web-01")),
        ("payroll", ("payroll",)),
        ("web1", ("web1",)),
        ("mail", ()),
        ("localhost", ()),
        ("server", ()),
        ("10.0.0.1", ()),
        ("2001:db8::1", ()),
        ("12345", ()),
        ("pc", ()),
        ("", ()),
        ("x" * 300, ()),
    ],
)
def test_spellings(name, expected):
    assert spellings((name,)) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (r"\\web-01\share", r"\\{host}\share"),
        ("ping web-01.corp.example", "ping {host}"),
        ("web-01", "{host}"),
        ("web-012", "web-012"),
        ("my-web-01", "my-web-01"),
        ("{web-01}", "{web-01}"),
        ("web-01 web-01", "{host} {host}"),
    ],
)
def test_names_are_masked_as_whole_words(value, expected):
    assert mask_host(value, ("web-01.corp.example", "web-01")) == expected


@few_examples
@given(st.from_regex(r"[a-z]{3,8}-[0-9]{2}", fullmatch=True), st.from_regex(r"[a-z ]{0,20}", fullmatch=True))
def test_no_distinctive_name_is_left_between_words(name, text):
    assert name not in mask_host(f"{text} {name} {text}", spellings((name,)))
