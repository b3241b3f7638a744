"""Hostile characters and long events."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from loglm_bridge.telemetry.scanning.clean_text import clean_text, truncate

ANY_TEXT = st.text(alphabet=st.characters(), max_size=300)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("a\x00b", "a[U+0000]b"),
        ("\x1b[31mred", "[U+001B][31mred"),
        ("\ud800", "[U+D800]"),
        ("\ufeffstart", "start"),
        ("cod\u202egpj.exe", "cod[U+202E]gpj.exe"),
        ("zero\u200bwidth", "zero[U+200B]width"),
        ("tab\tand\nline\r", "tab\tand\nline\r"),
        ("größe 東京", "größe 東京"),
    ],
)
def test_hostile_characters_become_visible(raw, expected):
    assert clean_text(raw) == expected


@given(ANY_TEXT)
def test_clean_text_encodes_and_is_stable(raw):
    text = clean_text(raw)
    text.encode("utf-8")
    assert clean_text(text) == text.removeprefix("\ufeff")


@given(ANY_TEXT, st.integers(0, 200))
@example("\ud80000", 4)
def test_truncated_text_is_a_prefix_within_the_limit(raw, limit):
    text, truncated = truncate(raw, limit)
    if truncated:
        assert len(text.encode("utf-8", "surrogatepass")) <= limit
        assert raw.startswith(text)
    else:
        assert text == raw


def test_truncation_keeps_whole_characters():
    assert truncate("aé", 2) == ("a", True)
    assert truncate("aé", 3) == ("aé", False)
