"""Pairs, stamps, sentences and templates: the parts that line formats share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.telemetry.families import sentence
from loglm_bridge.telemetry.scanning import key_value_scanner, line_prefix
from loglm_bridge.telemetry.scanning.sentence_templates import Template


@pytest.mark.parametrize(
    ("text", "expected", "words"),
    [
        ('a=1 b="x y" c=3', [("a", "1"), ("b", "x y"), ("c", "3")], ""),
        ("a=1|b=x y|c=3", [("a", "1"), ("b", "x y"), ("c", "3")], ""),
        ("a=1, b=x y, c=3", [("a", "1"), ("b", "x y"), ("c", "3")], ""),
        ('start a=1 middle b="\\"q\\"" end', [("a", "1"), ("b", '"q"')], "start middle end"),
        ('[action:"Drop"; src:"1"]', [("action", "Drop"), ("src", "1")], ""),
        ("url=/x?a=1&b=2 c=3", [("url", "/x?a=1&b=2"), ("c", "3")], ""),
        ("nothing here", [], "nothing here"),
    ],
)
def test_pairs(text, expected, words):
    assert key_value_scanner.pairs(text) == (expected, words)


@pytest.mark.parametrize(
    ("text", "body", "level"),
    [
        ("2024-01-03 10:00:00,123 WARN  [main] hello", "[main] hello", "warn"),
        ("[Wed Jan  3 10:00:00 2024] hello", "hello", ""),
        ("03-17 16:13:38.811  1702  2395 D Tag: hello", "Tag: hello", "d"),
        ("081109 203615 148 INFO dfs: hello", "dfs: hello", "info"),
        ("1700000000.123 hello", "hello", ""),
        ("3-Jan-2024 10:00:00.1 hello", "hello", ""),
        ("hello 10:00:00", "hello 10:00:00", ""),
        ("2024-01-03 10:00:00", "2024-01-03 10:00:00", ""),
    ],
)
def test_stamps(text, body, level):
    assert line_prefix.strip_prefix(text) == (body, level)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Login failed for user 'bob' from 203.0.113.9", {"action": "logon_failed", "user": "bob"}),
        ("Incorrect username or password. IP: 2001:db8::9.", {"action": "logon_failed", "src_ip": "2001:db8::9"}),
        ("user eve logged in from 10.0.0.1:4411", {"action": "logon", "user": "eve", "src_port": "4411"}),
        ("user not found", {"action": "logon_failed"}),
    ],
)  # fmt: skip
def test_sentence(text, expected):
    found = dict(sentence.fields(text))
    assert {n: found.get(n) for n in expected} == expected
    assert "bob" not in found["message"]


def test_host_names_leave_a_sentence_and_file_names_stay():
    found = dict(sentence.fields("mail.acme.com ran setup.exe and org.apache.Main [4711]"))
    assert found["message"] == "domain ran setup.exe and org.apache.Main "


@given(st.text(max_size=200))
def test_any_text_is_read(text):
    key_value_scanner.pairs(text)
    line_prefix.strip_prefix(text)
    sentence.fields(text)


def test_template_gaps_in_order():
    template = Template.parse("x", "from {a} to {b}")
    assert template.match("from 1 to 2 and more") == [("a", "1"), ("b", "2 and more")]
    assert template.match("from 1") is None
    assert template.match("else") is None
