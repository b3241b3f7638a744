"""macOS Endpoint Security events."""

import json

import pytest

from loglm_bridge.telemetry.families.unix import macos
from tests.telemetry.parsing import canonical, record

PROCESS = {"executable": {"path": "/bin/zsh", "stat": {"st_dev": 1}}, "audit_token": {"pid": 7}, "signing_id": "com.x"}


def event(name, **members):
    return json.dumps({"mach_time": 1, "event_type": 9, "process": PROCESS, "event": {name: members}})


def test_a_process_creation():
    raw = event(
        "exec",
        target={"executable": {"path": "/usr/bin/osascript"}, "signing_id": "com.apple.osascript", "team_id": "1"},
        args=["osascript", "-e", "beep"],
        cwd={"path": "/Users/ann"},
        script={"path": "/Users/ann/a.sh"},
    )
    assert (record(raw).family, record(raw).kind) == ("macos", "es:exec")
    assert canonical(raw) == {
        "action": "process_create",
        "process_path": "/usr/bin/osascript",
        "process": "osascript -e beep",
        "parent_process_path": "/bin/zsh",
        "signing_id": "com.apple.osascript",
        "parent_signing_id": "com.x",
        "current_directory": "/users/{user}",
        "script_path": "/users/{user}/a.sh",
    }


@pytest.mark.parametrize(
    ("name", "members", "expected"),
    [
        ("unlink", {"target": {"path": "/tmp/x", "stat": {"st_ino": 1}}}, {"file_path": "/tmp/x"}),
        ("create", {"destination": {"new_path": {"filename": "x.sh"}}}, {"file_path": "x.sh"}),
        ("get_task", {"target": {"executable": {"path": "/bin/ls"}}}, {"target_process_path": "/bin/ls"}),
        (
            "btm_launch_item_add",
            {"instigator": {"executable": {"path": "/bin/sh"}}, "item": {"item_type": "agent"}},
            {"parent_process_path": "/bin/sh", "btm_launch_item_add_item_type": "agent"},
        ),
        ("authentication", {"success": True}, {"authentication_success": "true"}),
        ("signal", {"sig": 9, "target": {"signing_id": "com.y"}}, {"signal_sig": "9", "target_signing_id": "com.y"}),
    ],
)
def test_other_events(name, members, expected):
    actual = dict(record(event(name, **members)).fields)
    assert actual.pop("process_path") == "/bin/zsh"
    assert actual.pop("signing_id") == "com.x"
    assert actual == expected


def test_identity_and_numbers_are_dropped():
    raw = [("process.audit_token.path", "x"), ("process.ppid", "1"), ("event.exec.dyld", "x"), ("event.x.team_id", "1")]
    assert macos.fields(raw) == []
