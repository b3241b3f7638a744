"""Text of no known format: sentences, and what cannot be read at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.formats import free_text
from tests.telemetry.parsing import assert_linear, few_examples


def parse(text):
    return free_text.parse(text, Event(text))


def test_a_sentence_is_a_message_with_what_it_states():
    record = parse("2024-01-03 10:00:00,123 WARN [main] Login failed for user bob from 203.0.113.9")
    assert (record.format, record.family, record.kind, record.status) == ("text", "text", "", "ok")
    assert dict(record.fields) == {
        "action": "logon_failed",
        "src_ip": "203.0.113.9",
        "user": "bob",
        "message": "[main] Login failed for user  from 203.0.113.9",
        "severity": "warn",
    }


def test_a_known_programs_sentence_is_recognised_without_its_tag():
    record = parse("Accepted password for deploy from 10.0.0.8 port 50022 ssh2")
    assert (record.format, record.family, record.kind) == ("text", "linux", "sshd")


def test_a_cisco_line_is_a_devices():
    assert parse("000045: *Jan  3 10:00:00: %SYS-5-CONFIG_I: Configured from console").kind == "cisco_sys"


def test_the_text_after_a_time_is_tried_as_another_format():
    record = parse('2024-01-03 10:00:00 INFO {"event_type": "alert", "flow_id": 1}')
    assert (record.format, record.family) == ("json", "ids")


@pytest.mark.parametrize("text", ["", "  \n"])
def test_blank_text_is_empty(text):
    assert parse(text).status == "empty"


@pytest.mark.parametrize(
    "text", ["[U+0001][U+0002][U+FFFF]\ufffd\ufffd[U+0004]", "\ufffd" * 20, "!!! ??? ...", "1 2 3", "a" + "\x01" * 20]
)
def test_unreadable_text_is_unparsed(text):
    record = parse(text)
    assert record.status == "unparsed"
    assert len(dict(record.fields)["message"]) <= 400


@pytest.mark.parametrize(
    ("text", "readable"),
    [
        ("disk is full", True),
        ("größe 東京 überschritten", True),
        ("x1y2", True),
        ("1 2", False),
        ("ab" + "[U+0001]" * 3, False),
        ("several words and one [U+0001] among them", True),
    ],
)
def test_is_readable(text, readable):
    assert free_text.is_readable(text) is readable


@few_examples
@given(st.from_regex(r"[g-z]{3,8}( [g-z]{3,8}){1,5}", fullmatch=True))
def test_words_are_the_message(text):
    fields = dict(parse(text).fields)
    assert fields.get("message", text) == text


@pytest.mark.parametrize("unit", ["user ", "1.", "1:", "a@", "2024-01-03 10:00:00 ", "[", "%A-1-B: ", "from "])
def test_parsing_takes_linear_time(unit):
    assert_linear(parse, unit)
    assert_linear(parse, unit, "INFO ")
