"""Windows events in JSON of various shippers."""

import json

import pytest

from loglm_bridge.telemetry.families.windows.json_fields import is_event_id, windows_event
from tests.telemetry import windows_samples as samples
from tests.telemetry.parsing import canonical, record

DATA = {"NewProcessName": samples.IMAGE, "CommandLine": samples.COMMAND, "SubjectUserName": "ann"}
PROVIDER, CHANNEL = "Microsoft-Windows-Security-Auditing", "Security"
SHIPPERS = {
    "winlogbeat": {
        "winlog": {"event_id": 4688, "channel": CHANNEL, "provider_name": PROVIDER, "event_data": DATA},
        "agent": {"type": "winlogbeat"},
    },
    "nxlog": {"EventID": 4688, "Channel": CHANNEL, "SourceName": PROVIDER, "Hostname": "ws1", **DATA},
    "wazuh": {
        "data": {
            "win": {"system": {"eventID": "4688", "channel": CHANNEL, "providerName": PROVIDER}, "eventdata": DATA}
        }
    },
    "nested xml": {
        "Event": {
            "System": {"EventID": {"#text": "4688"}, "Channel": CHANNEL, "Provider": {"Name": PROVIDER}},
            "EventData": {"Data": [{"Name": name, "#text": value} for name, value in DATA.items()]},
        }
    },
    "named data": {
        "System": {"EventID": 4688, "Channel": CHANNEL},
        "EventData": {"Data": [{"Name": name, "Value": value} for name, value in DATA.items()]},
    },
    "flat security": {"EventID": "4688", "SubjectLogonId": "0x1", **DATA},
    "azure": {"properties": {"EventID": 4688, "Channel": CHANNEL, **DATA}},
}  # fmt: skip


@pytest.mark.parametrize("event", SHIPPERS.values(), ids=SHIPPERS.keys())
def test_every_shipper_gives_the_same_event(event):
    raw = json.dumps(event)
    actual = record(raw)
    assert (actual.format, actual.family, actual.kind) == ("json", "windows", "security:4688")
    assert {name: dict(actual.fields).get(name) for name in DATA} == DATA
    assert canonical(raw)["process"].startswith("powershell.exe -nop")
    assert canonical(raw)["action"] == "process_create"


def test_flat_sysmon_needs_no_provider():
    fields = [("EventID", "1"), ("ProcessGuid", "{1}"), ("Image", "a.exe")]
    kind, named = windows_event(fields, {name.lower(): value for name, value in fields})
    assert kind == "sysmon:1"
    assert named == [
        ("Provider", "microsoft-windows-sysmon"),
        ("EventID", "1"),
        ("ProcessGuid", "{1}"),
        ("Image", "a.exe"),
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"EventID": "x", "Channel": "Security"},
        {"EventID": "1"},
        {"Channel": "Security"},
        {"EventID": "1", "provider": "acme"},
    ],
)
def test_other_events_are_not_windows(fields):
    assert windows_event(list(fields.items()), {name.lower(): value for name, value in fields.items()}) is None


@pytest.mark.parametrize(
    ("value", "expected"), [("1", True), ("4688", True), ("1234567", False), ("-1", False), ("", False), ("x", False)]
)
def test_is_event_id(value, expected):
    assert is_event_id(value) is expected
