"""Linux audit events that agents converted to JSON."""

import json

import pytest

from loglm_bridge.telemetry.formats.json_audit import can_be_audit
from tests.telemetry.parsing import canonical, fields, record

LAUREL = {
    "ID": "1650000000.123:45",
    "SYSCALL": {
        "arch": "0xc000003e",
        "syscall": 59,
        "success": "yes",
        "uid": 1000,
        "comm": "cat",
        "exe": "/bin/cat",
        "SYSCALL": "execve",
        "PPID": {"exe": "/usr/bin/bash"},
    },
    "EXECVE": {"argc": 2, "ARGV": ["cat", "/etc/shadow"]},
    "CWD": {"cwd": "/home/ann"},
}


def test_laurels_objects_are_the_records_of_one_event():
    actual = record(json.dumps(LAUREL))
    assert (actual.format, actual.family, actual.kind) == ("json", "linux", "audit:execve")
    assert dict(actual.fields) == {
        "action": "process_create",
        "syscall": "execve",
        "result": "yes",
        "process_path": "/bin/cat",
        "process": "cat /etc/shadow",
        "current_directory": "/home/ann",
        "parent_process_path": "/usr/bin/bash",
    }


def test_a_syslog_message_inside_json_is_the_audit_record():
    text = "type=USER_AUTH audit(1650000000.123:45): pid=9 uid=0 msg='op=login acct=\"ann\" res=failed'"
    actual = record(json.dumps({"Computer": "web1", "SyslogMessage": text}))
    assert (actual.format, actual.family, actual.kind) == ("json", "linux", "audit:user_auth")
    assert dict(actual.fields)["action"] == "logon_failed"


def test_items_by_record_type_are_the_audit_records():
    event = {
        "eventid": "45",
        "items": {"EXECVE": 'argc=2 a0="cat" a1="/etc/shadow"', "CWD": 'cwd="/home/ann"'},
    }
    actual = record(json.dumps(event))
    assert (actual.format, actual.kind) == ("json", "audit:execve")
    assert canonical(json.dumps(event))["process"] == "cat /etc/shadow"
    assert canonical(json.dumps(event))["current_directory"] == "/home/{user}"


@pytest.mark.parametrize(
    "event",
    [
        {"ID": "45", "SYSCALL": {"syscall": 59}},
        {"SyslogMessage": "type is unknown"},
        {"items": {"EXECVE": "a=1"}},
        {"x": 1},
    ],
)
def test_other_json_is_no_audit_event(event):
    assert record(json.dumps(event)).family != "linux"


def test_names_tell_which_events_can_be_audit_events():
    assert can_be_audit(["ID", "SYSCALL.syscall"])
    assert can_be_audit(["TimeGenerated", "SyslogMessage"])
    assert can_be_audit(["eventid", "items.EXECVE"])
    assert not can_be_audit(["SYSCALL.syscall", "ID"])


def test_the_same_command_reads_alike_in_text_and_json():
    text = 'type=EXECVE msg=audit(1650000000.123:45): argc=2 a0="cat" a1="/etc/shadow"'
    assert fields(text)["process"] == fields(json.dumps(LAUREL))["process"]
