"""The fields of notable and risk events."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.event import Event
from loglm_bridge.contract.notable import MAX_RAW, Finding, NotableRule, notable_event, risk_events, severity_of
from loglm_bridge.contract.verdict import Technique, Verdict
from tests.contract.findings import LABELS, LSASS, RULE, finding, verdict

NOW = 1_700_000_100.5


def test_fields_of_enterprise_security():
    fields = notable_event(finding(), RULE, NOW).fields
    assert fields["search_name"] == fields["rule_name"] == ("LogLM - Windows",)
    assert fields["rule_title"] == ("LogLM: OS Credential Dumping: LSASS Memory (T1003.001) on ws-17",)
    assert "0.97 (malicious)" in fields["rule_description"][0]
    assert fields["security_domain"] == ("threat",)
    assert fields["severity"] == ("critical",)
    assert fields["nes_fields"] == ("user,src,dest",)
    assert (fields["user"], fields["src"], fields["dest"]) == (("ada",), ("10.1.2.3",), ("ws-17",))


def test_annotations_contain_technique_ids():
    fields = notable_event(finding(), RULE, NOW).fields
    assert json.loads(fields["annotations"][0]) == {"mitre_attack": ["T1003.001", "T1059.001"]}
    assert fields["annotations.mitre_attack"] == ("T1003.001", "T1059.001")
    assert fields["annotations.mitre_attack.mitre_technique_id"] == ("T1003.001", "T1059.001")
    assert fields["annotations.mitre_attack.mitre_tactic"] == ("credential-access", "execution")


def test_invalid_technique_id_is_not_annotated():
    odd = (Technique("T1003.001 OR 1", "x", (), 0.99), LSASS)
    fields = notable_event(finding(techniques=odd), RULE, NOW).fields
    assert fields["annotations.mitre_attack.mitre_technique_id"] == ("T1003.001",)


def test_technique_that_the_table_lacks_keeps_the_models_name():
    fields = notable_event(
        finding(techniques=(Technique("T9999", "Mind Reading", ("impact",), 0.9),)), RULE, NOW
    ).fields
    assert "Mind Reading (T9999)" in fields["rule_title"][0]


def test_notable_contains_original_event_and_labels():
    finding_ = finding()
    fields = notable_event(finding_, RULE, NOW).fields
    assert fields["orig_raw"] == (finding_.event.raw,)
    assert fields["orig_time"] == ("1700000000.250",)
    assert (fields["orig_source"], fields["orig_sourcetype"]) == (("WinEventLog",), ("win",))
    assert (fields["orig_host"], fields["orig_index"]) == (("ws-17",), ("main",))
    assert fields["loglm_event_key"] == (finding_.event.key,)
    assert {name: list(fields[name]) for name in LABELS} == LABELS


def test_fields_of_the_event_do_not_replace_severity_owner_or_risk():
    row = {"severity": ["informational"], "urgency": ["low"], "owner": ["mallory"], "risk_score": ["0"]}
    fields = notable_event(finding(row=row), RULE, NOW).fields
    assert fields["severity"] == ("critical",)
    assert fields["risk_score"] == ("97",)
    assert fields["orig_severity"] == ("informational",)
    assert "urgency" not in fields
    assert "owner" not in fields


def test_large_event_is_cut_and_its_key_is_of_the_whole():
    finding_ = finding(raw="A" * 1_000_000)
    fields = notable_event(finding_, RULE, NOW).fields
    assert len(fields["orig_raw"][0]) < MAX_RAW + 40
    assert fields["loglm_event_key"] == (finding_.event.key,)


def test_notable_without_a_label_says_so():
    finding_ = Finding(Event("x"), Verdict("unavailable"), {"loglm_status": ["unavailable"], "loglm_score": [""]})
    fields = notable_event(finding_, RULE, NOW).fields
    assert fields["severity"] == ("unknown",)
    assert "never means benign" in fields["rule_description"][0]
    assert "annotations" not in fields
    assert fields["loglm_status"] == ("unavailable",)
    assert "loglm_score" not in fields


def test_notable_contains_the_origin_of_its_finding():
    finding_ = replace(finding(), origin={"orig_sid": "scheduler__7", "orig_rid": "3"})
    fields = notable_event(finding_, RULE, NOW).fields
    assert (fields["orig_sid"], fields["orig_rid"]) == (("scheduler__7",), ("3",))


@pytest.mark.parametrize(
    ("score", "name", "severity"),
    [
        (0.95, "malicious", "critical"),
        (0.9499, "malicious", "high"),
        (0.6, "suspicious", "medium"),
        (0.1, "benign", "low"),
        (0.99, "unknown", "unknown"),
    ],
)
def test_severity_follows_the_verdict(score, name, severity):
    assert severity_of(verdict(score, name)) == severity


def test_rule_fixes_severity_and_domain():
    fields = notable_event(finding(), NotableRule("r", security_domain="endpoint", severity="low"), NOW).fields
    assert (fields["severity"], fields["security_domain"]) == (("low",), ("endpoint",))


def test_one_risk_event_per_risk_object():
    events = list(risk_events(finding(), RULE, NOW))
    assert [e.fields["risk_object"][0] for e in events] == ["ada", "ws-17", "10.1.2.3"]
    assert [e.fields["risk_object_type"][0] for e in events] == ["user", "system", "system"]
    assert {e.fields["risk_score"] for e in events} == {("97",)}
    assert {e.key for e in events} == {finding().event.key}
    assert events[0].fields["annotations.mitre_attack.mitre_technique_id"] == ("T1003.001", "T1059.001")


TEXT = st.text(st.characters(codec=None), max_size=30)


@given(TEXT, st.dictionaries(TEXT, st.lists(TEXT, max_size=3), max_size=5))
def test_any_event_gives_a_notable_of_printable_text(raw, row):
    fields = notable_event(finding(raw=raw, row=row), RULE, NOW).fields
    assert fields["severity"] == ("critical",)
    for name, values in fields.items():
        assert name.replace("_", "").replace(".", "").isalnum()
        for value in values:
            value.encode("utf-8")
            assert not any(ord(c) < 32 and c not in "\t\n" for c in value)
