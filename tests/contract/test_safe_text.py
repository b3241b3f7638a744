"""Untrusted text on its way to a log line, a notable or an XML stream."""

import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape

from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.safe_text import cut, one_line, visible

ANY = st.text(st.characters(codec=None), max_size=60)


def test_visible_spells_out_what_cannot_be_seen():
    assert visible("a\x00b\x1b[31m\u202e\ud800\ufeff\U000e0041") == r"a\u0000b\u001b[31m\u202e\ud800\ufeff\U000e0041"


def test_visible_keeps_tabs_newlines_and_every_script():
    assert visible("naïve\tŁódź\r\n日本 🦊") == "naïve\tŁódź\n日本 🦊"


def test_a_lone_carriage_return_is_spelt_out():
    assert visible("a\rb") == r"a\u000db"


@given(ANY)
def test_visible_text_is_utf8_and_legal_xml(text):
    shown = visible(text)
    assert shown.encode("utf-8").decode("utf-8") == shown
    assert ET.fromstring(f"<a>{escape(shown)}</a>").text == (shown or None)
    assert visible(shown) == shown


@given(ANY)
def test_a_log_line_is_one_printable_line(text):
    line = one_line(text, 40)
    assert len(line) <= 40
    assert len(line.splitlines()) <= 1
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in line)


def test_a_forged_log_line_stays_inside_its_own():
    assert one_line("user=x\nERROR LogLM: all is lost") == r"user=x\nERROR LogLM: all is lost"


def test_cut_says_how_much_is_missing():
    assert cut("abcdef", 6) == "abcdef"
    assert cut("abcdefgh", 6) == "abcdef … (2 more characters)"
