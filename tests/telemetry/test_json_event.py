"""JSON events: flattening, recovery, and whose they are."""

import json

import pytest

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry import parse_and_canonicalise, parse_record


def fields(value: object) -> dict[str, str]:
    raw = value if isinstance(value, str) else json.dumps(value)
    return dict(parse_record(Event(raw=raw)).fields)


def test_nested_names_lists_and_pairs():
    found = fields({"a": {"b": [1, 2], "c": [{"Name": "x", "Value": "y"}], "d": [{"e": 1}]}, "f": None, "g": True})
    assert found == {"a.b": "1, 2", "a.c.x": "y", "a.d.e": "1", "g": "true"}


def test_json_inside_a_string_is_read():
    assert fields({"detail": json.dumps({"k": "v"})}) == {"detail.k": "v"}


@pytest.mark.parametrize(
    "raw",
    [
        '{"name": "x", "list": [{"k": "v1"}, {"k": "v2"}], "last": "cut he',
        '{"name": "x", "list": [{"k": "v1"}, {"k": "v2"}], "last": "cut he"',
        '{"name": "x", "list": [{"k": "v1"}, {"k": "v2"}], "last": "cut he"}} trailing {',
    ],
)
def test_broken_json_is_recovered(raw):
    record = parse_record(Event(raw=raw))
    assert record.format == "json"
    assert ("name", "x") in record.fields
    assert ("list.k", "v1") in record.fields
    assert ("last", "cut he") in record.fields


def test_odd_numbers_and_repeated_keys_do_not_hurt():
    raw = '{"a": NaN, "b": ' + "9" * 5_000 + ', "c": 1e999, "a": 2}'
    assert parse_record(Event(raw=raw)).status == "ok"


CLOUD = [
    (
        {
            "eventVersion": "1.09",
            "eventSource": "iam.amazonaws.com",
            "eventName": "CreateAccessKey",
            "awsRegion": "eu-west-1",
            "sourceIPAddress": "198.51.100.7",
            "userAgent": "aws-cli/2.1",
            "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::123456789012:user/ann", "userName": "ann"},
            "requestParameters": {"userName": "bob"},
        },
        ("aws", "cloudtrail:iam.amazonaws.com:createaccesskey"),
        {"action": "createaccesskey", "user": "{user}", "src_ip": "{public}", "user_type": "iamuser"},
    ),
    (
        {
            "CreationTime": "2026-03-04T05:06:07",
            "Operation": "New-InboxRule",
            "Workload": "Exchange",
            "UserId": "a@b.c",
        },
        ("microsoft", "o365:exchange:new-inboxrule"),
        {"action": "new-inboxrule", "user": "{user}", "app": "exchange"},
    ),
    (
        {
            "kind": "Event",
            "auditID": "x",
            "verb": "create",
            "user": {"username": "system:serviceaccount:a:b"},
            "objectRef": {"resource": "pods", "subresource": "exec", "namespace": "default"},
        },
        ("kubernetes", "audit:create:pods:exec"),
        {"action": "create", "object_type": "pods", "object_part": "exec"},
    ),
    (
        {"eventType": "user.session.start", "displayMessage": "x", "actor": {"alternateId": "ann@b.example"}},
        ("okta", "system:user.session.start"),
        {"action": "user.session.start", "user": "{user}"},
    ),
    (
        {"_document_id": "x", "action": "repo.destroy", "actor": "ann", "org": "acme"},
        ("github", "audit:repo.destroy"),
        {"action": "repo.destroy", "user": "{user}"},
    ),
    (
        {
            "insertId": "x",
            "logName": "projects/p/logs/l",
            "protoPayload": {
                "methodName": "storage.setIamPermissions",
                "serviceName": "storage.googleapis.com",
                "authenticationInfo": {"principalEmail": "ann@b.example"},
            },
        },
        ("gcp", "audit:storage.googleapis.com:storage.setiampermissions"),
        {"action": "storage.setiampermissions", "user": "{user}"},
    ),
    (
        {
            "time": "2026-03-04T05:06:07Z",
            "resourceId": "/SUBSCRIPTIONS/X",
            "operationName": "VaultGet",
            "category": "Audit",
        },
        ("microsoft", "azure:audit:vaultget"),
        {"action": "vaultget"},
    ),
]


@pytest.mark.parametrize(("event", "whose", "wanted"), CLOUD, ids=[case[1][0] for case in CLOUD])
def test_cloud_events_know_whose_they_are(event, whose, wanted):
    record, form = parse_and_canonicalise(Event(raw=json.dumps(event)))
    assert (record.family, record.kind) == whose
    found = dict(form.fields)
    assert {name: found.get(name) for name in wanted} == wanted


def test_an_envelope_is_opened():
    line = "Mar  4 05:06:07 web-2 sshd[311]: Failed password for invalid user oracle from 198.51.100.7 port 50122 ssh2"
    inside = parse_record(Event(raw=json.dumps({"log": line, "stream": "stderr", "time": "2026-03-04T05:06:07Z"})))
    assert inside.family == parse_record(Event(raw=line)).family
    assert inside.kind == parse_record(Event(raw=line)).kind


def test_macos_process_creation():
    process = {
        "executable": {"path": "/bin/zsh", "stat": {"st_dev": 1}},
        "audit_token": {"pid": 7},
        "signing_id": "com.x",
    }
    event = {
        "mach_time": 1,
        "event_type": 9,
        "process": process,
        "event": {
            "exec": {"target": {"executable": {"path": "/usr/bin/osascript"}}, "args": ["osascript", "-e", "beep"]}
        },
    }
    record, form = parse_and_canonicalise(Event(raw=json.dumps(event)))
    found = dict(form.fields)
    assert (record.family, record.kind) == ("macos", "es:exec")
    assert found["action"] == "process_create"
    assert found["process_path"] == "/usr/bin/osascript"
    assert found["process"] == "osascript -e beep"
    assert found["parent_process_path"] == "/bin/zsh"
