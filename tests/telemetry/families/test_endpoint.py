"""Endpoint sensors: kinds and actions."""

import pytest

from loglm_bridge.telemetry.families import endpoint


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("createdprocessname", "createdprocesscommandline"), ("endpoint", "defender:processcreated")),
        (("event.event_simplename",), ("endpoint", "crowdstrike:x")),
        (("hostidentifier", "action", "name"), ("endpoint", "osquery:x:x")),
        (("machine_id", "file_sha256"), ("endpoint", "santa")),
        (("auditid", "category", "sequence"), ("linux", "auditd:x")),
        (("event_type", "process.executable.path", "mach_time", "event.exec.args"), ("macos", "es:exec")),
        (("event_type", "process.executable.path", "mach_time"), ("macos", "es")),
        (("something",), None),
    ],
)
def test_classify(names, expected):
    assert endpoint.classify(dict.fromkeys(names, "x")) == expected


@pytest.mark.parametrize(
    ("kind", "action"),
    [
        ("defender:processcreated", "process_create"),
        ("crowdstrike:processrollup2", "process_create"),
        ("es:unlink", "file_delete"),
        ("osquery:listening_ports:added", ""),
        ("defender", ""),
        ("", ""),
    ],
)
def test_actions_are_those_of_windows_events(kind, action):
    assert endpoint.action_of(kind) == action
