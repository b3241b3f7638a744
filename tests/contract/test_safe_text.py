"""Untrusted text on its way to a log line, a notable or an XML stream."""

import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape

from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.safe_text import escape_unsafe, one_line, truncate

ANY = st.text(st.characters(codec=None), max_size=60)


def test_invisible_characters_are_escaped():
    text = "a\x00b\x1b[31m\u202e\ud800\ufeff\U000e0041"
    assert escape_unsafe(text) == r"a\u0000b\u001b[31m\u202e\ud800\ufeff\U000e0041"


def test_tabs_newlines_and_all_scripts_stay():
    assert escape_unsafe("naïve\tŁódź\r\n日本 🦊") == "naïve\tŁódź\n日本 🦊"


def test_lone_carriage_return_is_escaped():
    assert escape_unsafe("a\rb") == r"a\u000db"


@given(ANY)
def test_escaped_text_is_utf8_and_valid_xml(text):
    escaped = escape_unsafe(text)
    assert escaped.encode("utf-8").decode("utf-8") == escaped
    assert ET.fromstring(f"<a>{escape(escaped)}</a>").text == (escaped or None)
    assert escape_unsafe(escaped) == escaped


@given(ANY)
def test_one_line_is_printable_and_bounded(text):
    line = one_line(text, 40)
    assert len(line) <= 40
    assert len(line.splitlines()) <= 1
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in line)


def test_one_line_escapes_newlines():
    assert one_line("user=x\nERROR LogLM: all is lost") == r"user=x\nERROR LogLM: all is lost"


def test_truncated_text_says_how_much_is_missing():
    assert truncate("abcdef", 6) == "abcdef"
    assert truncate("abcdefgh", 6) == "abcdef … (2 more characters)"
