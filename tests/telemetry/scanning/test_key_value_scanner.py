"""Lists of name=value pairs: separators, quotes, escapes, words between pairs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.telemetry.scanning.key_value_scanner import (
    MAX_PAIRS,
    is_pair_list,
    pairs,
    quoted_strings,
    unescape,
)
from tests.telemetry.parsing import assert_linear, few_examples

NAMES = st.from_regex(r"[a-z][a-z0-9_.]{0,9}", fullmatch=True)
WORDS = st.from_regex(r"[A-Za-z0-9/.:-]{1,12}", fullmatch=True)
QUOTABLE = st.text(alphabet="abc XYZ019=,;|/'-", min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("text", "expected", "words"),
    [
        ('a=1 b="x y" c=3', [("a", "1"), ("b", "x y"), ("c", "3")], ""),
        ("a=1|b=x y|c=3", [("a", "1"), ("b", "x y"), ("c", "3")], ""),
        ("a=1, b=x y, c=3", [("a", "1"), ("b", "x y"), ("c", "3")], ""),
        ("a=1\tb=x y\tc=3", [("a", "1"), ("b", "x y"), ("c", "3")], ""),
        ("a='x y' b=2", [("a", "x y"), ("b", "2")], ""),
        ('start a=1 middle b="\\"q\\"" end', [("a", "1"), ("b", '"q"')], "start middle end"),
        ('[action:"Drop"; src:"1"]', [("action", "Drop"), ("src", "1")], ""),
        ("url=/x?a=1&b=2 c=3", [("url", "/x?a=1&b=2"), ("c", "3")], ""),
        ("empty= next=2", [("empty", ""), ("next", "2")], ""),
        ("nothing here", [], "nothing here"),
        ("", [], ""),
    ],
)
def test_pairs(text, expected, words):
    assert pairs(text) == (expected, words)


@few_examples
@given(st.lists(st.tuples(NAMES, QUOTABLE), min_size=1, max_size=6))
def test_quoted_values_round_trip(fields):
    text = " ".join(f'{name}="{value}"' for name, value in fields)
    assert pairs(text) == (fields, "")


@few_examples
@given(st.lists(st.tuples(NAMES, WORDS), min_size=1, max_size=6))
def test_unquoted_words_round_trip(fields):
    assert pairs(" ".join(f"{name}={value}" for name, value in fields)) == (fields, "")


@few_examples
@given(
    st.lists(st.tuples(NAMES, st.text(alphabet="abc xyz", min_size=1, max_size=12)), min_size=3, max_size=6),
    st.sampled_from([", ", ";", "|", "^", "\t"]),
)
def test_values_with_blanks_round_trip_in_separated_lists(fields, separator):
    text = separator.join(f"{name}={value}" for name, value in fields)
    assert pairs(text)[0] == [(name, value.strip()) for name, value in fields]


def test_pairs_beyond_the_limit_are_not_read():
    text = " ".join(f"n{i}=v" for i in range(MAX_PAIRS + 40))
    assert len(pairs(text)[0]) == MAX_PAIRS


@pytest.mark.parametrize(
    ("value", "expected"),
    [(r"a\"b", 'a"b'), (r"a\=b\|c", "a=b|c"), (r"C:\\new", r"C:\new"), (r"C:\new", r"C:\new"), ("plain", "plain")],
)
def test_unescape(value, expected):
    assert unescape(value) == expected


def test_quoted_strings_are_returned_still_escaped():
    assert quoted_strings(r'a "one" b "two \" three" c') == ["one", r"two \" three"]
    assert quoted_strings("none") == []


def test_a_pair_list_has_the_asked_number_of_pairs():
    assert is_pair_list("a=1 b=2")
    assert not is_pair_list("a=1 and words")
    assert is_pair_list("a=1 b=2 c=3", 3)
    assert not is_pair_list("a=1 b=2", 3)
    # pairs after the first 4,000 characters are not counted
    assert not is_pair_list("x" * 4_100 + " a=1 b=2")


@pytest.mark.parametrize("unit", ['a="', "a='", '"\\', "a=b,", "a=", 'a="b" ', "a-", "a.", "[", " = "])
def test_scanning_takes_linear_time(unit):
    assert_linear(pairs, unit)
    assert_linear(quoted_strings, unit)
