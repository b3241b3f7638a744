"""Parsers of text values: accepted values, and messages about others."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.splunk.config import value_parsers


@pytest.mark.parametrize(
    ("text", "value"), [("0", 0.0), ("1", 1.0), (".5", 0.5), ("1.", 1.0), ("5e-1", 0.5), ("+0.25", 0.25)]
)
def test_number_is_parsed(text, value):
    assert value_parsers.number(text, 0, 1) == value


@pytest.mark.parametrize(
    "text", ["", "-0.1", "1.01", "1e999", "nan", "inf", "1_0", "0x1", "\u0661", "0.5 ", "0,5", "1e99999"]
)
def test_invalid_number_is_refused(text):
    with pytest.raises(ValueError, match="a number from 0 to 1"):
        value_parsers.number(text, 0, 1)


@given(st.text(max_size=20))
def test_number_is_in_range_or_refused(text):
    try:
        value = value_parsers.number(text, 0, 1)
    except ValueError:
        return
    assert math.isfinite(value)
    assert 0 <= value <= 1


@pytest.mark.parametrize("text", ["", "0", "11", "1.0", "1_0", "\u0663", "9" * 5000])
def test_invalid_whole_number_is_refused(text):
    with pytest.raises(ValueError, match="a whole number from 1 to 10"):
        value_parsers.whole(text, 1, 10)


def test_whole_number_is_parsed():
    assert [value_parsers.whole(text, 1, 10) for text in ("1", "10", "+3", "007")] == [1, 10, 3, 7]


def test_boolean_is_parsed():
    assert [value_parsers.boolean(text) for text in ("t", "TRUE", "1", "yes", "f", "False", "0", "n")] == [True] * 4 + [
        False
    ] * 4
    with pytest.raises(ValueError, match="true or false"):
        value_parsers.boolean("")


@pytest.mark.parametrize("text", ["", "_time", "__mv_", "1x", "a-b", "a.b", "a b", "é", "x" * 33, "a\n", "a="])
def test_invalid_prefix_is_refused(text):
    with pytest.raises(ValueError, match="a letter, then"):
        value_parsers.prefix(text)


def test_choice_lists_all_values():
    assert value_parsers.choice("a", ("a", "b")) == "a"
    with pytest.raises(ValueError, match="one of a, b"):
        value_parsers.choice("A", ("a", "b"))
