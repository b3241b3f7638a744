"""Replaced values: other values, the same canonical event, in any format; the same at every call."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.bench.workload.value_rotation import Template
from loglm_bridge.telemetry import parse_and_canonicalise

SYSMON = {
    "EventID": 1, "UtcTime": "2026-03-02 08:15:23.512", "ProcessId": 7120, "ParentProcessId": "4312",
    "ProcessGuid": "{7C1E0032-2B4D-4F6A-9C8E-0D1F2A3B4C5D}", "LogonId": "0x5f21c", "CommandLine": "whoami /all",
}  # fmt: skip

#: A text, the values that must differ in another turn, the values that must stay.
TEXTS = [
    (json.dumps(SYSMON), ["08:15:23.512", "7120", "4312", "7C1E0032-2B4D", "5f21c"], ['"EventID": 1,', "whoami /all"]),
    (
        ("<Provider Name='X' Guid='{54849625-5478-4994-a5ba-3e3b0328c30d}'/><EventID>4688</EventID>"
        "<TimeCreated SystemTime='2026-03-02T08:15:23.5120000Z'/><EventRecordID>481207</EventRecordID>"
        "<Execution ProcessID='732' ThreadID='512'/><Data Name='NewProcessId'>0x1f4c</Data>"
        "<Data Name='SubjectLogonId'>0x3e7</Data><Data Name='PrimaryGroupId'>513</Data>"),
        ["08:15:23.512", "481207", "'732'", "'512'", "0x1f4c"],
        ["{54849625-5478-4994-a5ba-3e3b0328c30d}", "4688", "0x3e7", "513"],
    ),
    (
        "Mar  2 08:29:03 web1 sshd[2290]: Failed password for root from 203.0.113.99 port 41822 ssh2",
        ["08:29:03", "[2290]", "41822"],
        ["Mar  2 ", "203.0.113.99", "ssh2"],
    ),
    ('audit(1772440070.512:88099): argc=3 a0="ls" pid=4730', ["1772440070", "88099", "4730"], ["argc=3", "ls"]),
    (
        '{"ts":1772440581.25,"uid":"Cnfnoz2XImt2MU5aWh","id.orig_p":50312,"id.resp_p":443,"orig_bytes":61240}',
        ["1772440581.25", "Cnfnoz2XImt2MU5aWh", "50312"],
        ['"id.resp_p":443', "61240"],
    ),
    ("1772440587.000000\tCTsv9a1Qz\t10.20.4.77\t50920\t203.0.113.44\t8443\ttcp", ["CTsv9a1Qz", "50920"], ["8443\ttcp"]),
    ("host mac 00:1a:12:34:56:78 address 2001:db8::12:34:56", [], ["00:1a:12:34:56:78 address 2001:db8::12:34:56"]),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "replaced", "unchanged"), TEXTS)
def test_identifying_values_are_replaced_and_the_rest_stays(raw, replaced, unchanged):
    texts = {Template(raw).text(turn) for turn in range(1, 21)}
    assert len(texts) == (20 if replaced else 1)
    for text in texts:
        assert [value for value in replaced if value in text] == []
        assert [value for value in unchanged if value not in text] == []
        assert re.sub(r"\w", "", text) == re.sub(r"\w", "", raw), "another form"


def test_an_event_with_replaced_values_has_the_same_canonical_form(base):
    for event in base:
        template = Template(event.raw)
        forms = {parse_and_canonicalise(event._replace(raw=template.text(turn)))[1].key for turn in range(3)}
        assert forms == {parse_and_canonicalise(event)[1].key}, event.raw


def test_equal_values_get_equal_replacements_in_a_turn():
    first = Template('{"ProcessId": 7120, "x": 1}').text(5)
    second = Template('{"y": "z", "ParentProcessId": 7120}').text(5)
    assert re.findall(r"\d{4}", first) == re.findall(r"\d{4}", second)


@given(st.text(), st.integers(0, 10**9))
def test_any_text_gets_the_same_replacements_at_every_call(raw, turn):
    assert Template(raw).text(turn) == Template(raw).text(turn)


@given(st.times(), st.integers(0, 86_398), st.integers(1, 86_399))
def test_a_time_of_day_stays_valid_and_comes_back_after_a_day_of_turns_only(time, turn, turns):
    raw = time.replace(microsecond=0).isoformat()
    text = Template(raw).text(turn)
    assert re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d", text)
    assert Template(raw).text(turn + turns) != text or (turns % 86_400 == 0)
