"""Derived fields: relations and classes, from one value and from several."""

import json

import pytest

from loglm_bridge.telemetry import Event, parse_record
from loglm_bridge.telemetry.derived import EventDeriver, of_value
from loglm_bridge.telemetry.derived.clients import client
from loglm_bridge.telemetry.derived.grants import breadth
from loglm_bridge.telemetry.derived.networks import scope


def derived(fields, sourcetype=""):
    text = fields if isinstance(fields, str) else json.dumps(fields)
    record = parse_record(Event(text, sourcetype=sourcetype))
    single = [pair for name, value in record.fields for pair in of_value(name.lower(), value)]
    deriver = EventDeriver.of(record.event_type, [name for name, _ in record.fields])
    return dict([*single, *deriver([value for _, value in record.fields])])


CALL = {
    "eventVersion": "1.08",
    "eventSource": "iam.amazonaws.com",
    "eventName": "CreateAccessKey",
    "userIdentity": {"type": "IAMUser", "userName": "bob", "accountId": "111122223333"},
    "userAgent": "aws-cli/2.1",
    "sourceIPAddress": "203.0.113.4",
    "recipientAccountId": "111122223333",
    "requestParameters": {"userName": "alice"},
}


def test_a_call_for_another_user_by_a_human_from_outside():
    found = derived(CALL)
    assert found["target_is_actor"] == "no"
    assert found["actor_type"] == "human"
    assert found["src_scope"] == "outside"
    assert found["client"] == "cli"
    assert found["outcome"] == "success"
    assert "account_scope" not in found


def test_relations_follow_the_values():
    assert derived({**CALL, "requestParameters": {"userName": "bob"}})["target_is_actor"] == "yes"
    assert derived({**CALL, "errorCode": "AccessDenied"})["outcome"] == "failure"
    shared = {**CALL, "requestParameters": {"accountIds": ["999988887777"]}}
    assert derived(shared)["account_scope"] == "foreign"
    role = {"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/deploy/run-7"}
    assert derived({**CALL, "userIdentity": role})["actor_type"] == "role"
    person = {"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/admin/ann@example.com"}
    assert derived({**CALL, "userIdentity": person})["actor_type"] == "human"


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("10.1.2.3", "inside"),
        ("192.168.0.1:443", "inside"),
        ("100.64.1.1", "inside"),
        ("203.0.113.9", "outside"),
        ("::ffff:10.0.0.1", "inside"),
        ("fe80::1", "inside"),
        ("2001:db8::1", "outside"),
        ("127.0.0.1", "loopback"),
        ("host.example.com", ""),
    ],
)
def test_addresses_have_a_scope(text, right):
    assert scope(text) == right


@pytest.mark.parametrize(
    ("agent", "right"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) Firefox/120.0", "browser"),
        ("sqlmap/1.7#stable", "attack_tool"),
        ("Boto3/1.34 Python/3.12", "sdk"),
        ("aws-cli/2.1 Python/3.11", "cli"),
        ("APN/1.0 HashiCorp/1.0 Terraform/1.8", "automation"),
        ("console.amazonaws.com", "console"),
        ("something else", "other"),
        ("", ""),
    ],
)
def test_user_agents_have_a_class(agent, right):
    assert client(agent) == right


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("0.0.0.0/0", "any"),
        ("::/0", "any"),
        ("10.0.0.0/8", "narrow"),
        ("8.0.0.0/8", "wide"),
        ("1.2.3.4/32", "host"),
        ("x", ""),
    ],
)
def test_networks_have_a_breadth(text, right):
    assert breadth(text) == right


def test_a_policy_for_everyone_is_seen():
    policy = '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject"}]}'
    assert ("grantee", "everyone") in of_value("requestparameters.policy", policy)
    assert of_value("requestparameters.policy", '{"Principal":{"AWS":"arn:aws:iam::1:root"}}') == ()


def test_a_name_that_carries_data_is_long_and_random():
    short = dict(of_value("query", "www.example.com"))
    long = dict(of_value("query", "a7f3k2q9x8z1b6n4m5c0v2l8j3h7g1f9d4s6.q1w2e3r4t5y6u7i8o9p0.t.example.net"))
    assert int(long["query_length"]) > 60 > int(short["query_length"])
    assert int(long["query_entropy"]) > int(short["query_entropy"])
    assert long["query_tld"] == "net"
