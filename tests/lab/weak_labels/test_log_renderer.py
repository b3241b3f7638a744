"""Rendering: the values are in the right kind of event, the other fields come from an ordinary event."""

import json
import random

import pytest

from loglm_bridge.lab.data.backgrounds import Backgrounds
from loglm_bridge.lab.weak_labels.log_renderer import Renderer
from loglm_bridge.telemetry import canonicalise
from loglm_bridge.telemetry.record import Record

BASE = Record(
    "windows_xml",
    "windows",
    "sysmon:13",
    (("EventType", "SetValue"), ("Image", "C:\\Windows\\explorer.exe"), ("TargetObject", "HKLM\\X"), ("Product", "P")),
)
TRAIL = json.dumps({"eventName": "GetObject", "eventSource": "s3.amazonaws.com", "userIdentity": {"type": "IAMUser"}})


@pytest.fixture
def renderer():
    return Renderer(Backgrounds({"sysmon:13": [BASE]}, {"aws:cloudtrail": [TRAIL]}), random.Random(2))


def rule(renderer, product, category, service, **values):
    return list(renderer.rule(product, category, service, values))


def test_values_replace_those_of_the_ordinary_event(renderer):
    (record,) = rule(renderer, "windows", "registry_set", "", TargetObject="HKCU\\Run\\x", Details="y.exe")
    assert record.kind == "sysmon:13"
    assert dict(record.fields) == {
        "EventType": "SetValue",
        "Image": "C:\\Windows\\explorer.exe",
        "TargetObject": "HKCU\\Run\\x",
        "Details": "y.exe",
    }


def test_without_an_ordinary_event_the_values_are_the_event(renderer):
    (record,) = rule(renderer, "windows", "dns_query", "", QueryName="x.example")
    assert (record.kind, record.fields) == ("sysmon:22", (("QueryName", "x.example"),))


def test_a_process_creation_is_rendered_twice_with_the_implied_fields(renderer):
    sysmon, security = rule(
        renderer, "windows", "process_creation", "", Image="\\certutil.exe", CommandLine=" -urlcache "
    )
    fields = dict(sysmon.fields)
    assert (sysmon.kind, security.kind) == ("sysmon:1", "security:4688")
    assert fields["Image"].startswith("C:\\Windows\\")
    assert fields["Image"].endswith("\\certutil.exe")
    assert fields["CommandLine"].startswith("certutil.exe ")
    assert dict(security.fields)["NewProcessName"] == fields["Image"]


def test_a_service_determines_the_kind(renderer):
    (record,) = rule(renderer, "windows", "", "system", EventID="7045", ImagePath="cmd.exe /c x")
    assert record.kind.endswith("7045")
    assert record.fields == (("ImagePath", "cmd.exe /c x"),)


def test_a_cloud_value_is_set_at_its_path(renderer):
    values = {"eventName": "StopLogging", "requestParameters.name": "trail", "userIdentity.type": "Root"}
    (record,) = renderer.rule("aws", "", "cloudtrail", values)
    fields = dict(record.fields)
    assert (fields["eventName"], fields["requestParameters.name"], fields["userIdentity.type"]) == (
        "StopLogging",
        "trail",
        "Root",
    )
    assert fields["eventSource"] == "s3.amazonaws.com"


@pytest.mark.parametrize(
    ("product", "category", "service", "values", "wanted"),
    [
        ("linux", "process_creation", "", {"Image": "/bin/nc", "CommandLine": "-e /bin/sh"}, "nc"),
        ("linux", "", "auditd", {"type": "SYSCALL", "exe": "/usr/bin/nc"}, "nc"),
        ("linux", "", "", {"": "segfault at 0"}, "segfault"),
        ("", "webserver", "", {"cs-uri-query": "id=1'+union+select", "cs-user-agent": "sqlmap"}, "union"),
        ("", "proxy", "", {"c-uri": "/evil.hta"}, "evil"),
    ],
)
def test_events_of_other_sources_hold_the_values_in_canonical_form(
    renderer, product, category, service, values, wanted
):
    records = list(renderer.rule(product, category, service, values))
    assert records
    assert all(wanted in canonicalise(record).text() for record in records)
    assert all(record.family in ("linux", "web") for record in records)


def test_an_unknown_log_source_gives_no_event(renderer):
    assert rule(renderer, "fortios", "", "sslvpnd", a="b") == []
    assert rule(renderer, "windows", "never_heard", "nor_this", a="b") == []


@pytest.mark.parametrize("command", ["sh -c 'unclosed", "", '"', "a" * 5000, 'echo "x y" z'])
def test_any_command_line_is_rendered(renderer, command):
    assert len(list(renderer.unix_process(command))) == 2
