"""Kinds and actions of Windows events."""

import pytest

from loglm_bridge.telemetry.families.windows.event_types import _ACTIONS, _SOURCES, action_of, classify, kind_of


@pytest.mark.parametrize(
    ("provider", "channel", "event_id", "kind"),
    [
        ("Microsoft-Windows-Sysmon", "Microsoft-Windows-Sysmon/Operational", "1", "sysmon:1"),
        ("", "Microsoft-Windows-Sysmon/Operational", "1", "sysmon:1"),
        ("Linux-Sysmon", "", "1", "sysmon:1"),
        ("Microsoft-Windows-Security-Auditing", "Security", "4688", "security:4688"),
        ("Microsoft-Windows-Eventlog", "Security", "1102", "security:1102"),
        ("Service Control Manager", "System", "7045", "services:7045"),
        ("PowerShell", "Windows PowerShell", "400", "powershell:400"),
        ("Microsoft-Windows-PowerShell", "", "4104", "powershell:4104"),
        ("Microsoft-Windows-Kernel-General", "System", "12", "kernel_general:12"),
        ("", "Application", "1000", "application:1000"),
        ("Some Vendor!", "Application", "1", "some_vendor:1"),
        ("x", "", "not a number", "x"),
        ("x", "", "1234567", "x"),
        ("", "", "1", ":1"),
        (" Microsoft-Windows-Sysmon ", "", " 1 ", "sysmon:1"),
    ],
)
def test_kind_of(provider, channel, event_id, kind):
    assert kind_of(provider, channel, event_id) == kind


def test_classify_takes_the_first_of_each_field():
    fields = [
        ("Provider", ""),
        ("Provider", "Microsoft-Windows-Sysmon"),
        ("EventID", "1"),
        ("EventID", "2"),
        ("Channel", "x"),
    ]
    assert classify(fields) == ("windows", "sysmon:1")
    assert classify([("x", "y")] * 30 + fields) == ("windows", "")


@pytest.mark.parametrize(
    ("kind", "action"),
    [
        ("sysmon:1", "process_create"),
        ("security:4688", "process_create"),
        ("services:7045", "service_install"),
        ("security:4697", "service_install"),
        ("defender:1116", "malware_detect"),
        ("sysmon:999", ""),
        ("unheard:1", ""),
        ("sysmon", ""),
        ("", ""),
    ],
)
def test_action_of(kind, action):
    assert action_of(kind) == action


def test_every_source_with_actions_has_a_name_that_leads_to_it():
    assert set(_ACTIONS) <= set(_SOURCES.values())
    assert all(name == name.lower() for name in _SOURCES)


def test_actions_are_words_of_one_spelling():
    actions = {action for table in _ACTIONS.values() for action in table.values()}
    assert all(action == action.lower() and action.replace("_", "").isalpha() for action in actions)
