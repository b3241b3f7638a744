"""Hashed patterns match exactly where a plain search matches."""

import fnmatch
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from loglm_bridge.model.features.hashed_patterns import MAX_BYTES, Pattern, Patterns, pattern

short_text = st.text("ab\\ .", max_size=12)


@given(short_text, st.lists(short_text.filter(bool), min_size=1, max_size=3), st.booleans(), st.booleans())
@example("aa", ["a", "a"], True, True)
@example("aba", ["ab", "ba"], False, False)
@example("aaa", ["a", "aa"], True, True)
def test_a_pattern_matches_where_the_regular_expression_does(text, literals, starts, ends):
    body = ".*".join(re.escape(part) for part in literals)
    expression = ("" if starts else ".*") + body + ("" if ends else ".*")
    matches = Patterns({7: pattern(literals, starts, ends)}).matching(text)
    assert matches == ([7] if re.fullmatch(expression, text, re.DOTALL) else [])


@given(st.text(max_size=60), st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=20))
def test_many_patterns_match_as_each_alone(text, words):
    text = text.lower()
    together = Patterns({i: pattern((word,)) for i, word in enumerate(words)})
    assert sorted(together.matching(text)) == [i for i, word in enumerate(words) if word.lower() in text]


@pytest.mark.parametrize("wild", ["*.exe", "c:\\*\\run*", "cmd*/c*", "exact", "*a*b*c*"])
@pytest.mark.parametrize("text", ["c:\\x\\run.exe", "cmd.exe /c a", "exact", "xacyybzzc", ""])
def test_wildcards_match_as_in_fnmatch(wild, text):
    matches = Patterns({0: pattern(wild.split("*"), not wild.startswith("*"), not wild.endswith("*"))}).matching(text)
    assert bool(matches) == fnmatch.fnmatchcase(text, wild)


def test_a_pattern_without_literals_matches_everything():
    assert Patterns({3: Pattern(())}).matching("x") == [3]
    assert Patterns({3: Pattern(())}).matching("") == [3]


def test_a_long_value_is_searched_up_to_the_limit():
    patterns = Patterns({0: pattern(("needle",))})
    assert patterns.matching("x" * (MAX_BYTES - 6) + "needle") == [0]
    assert patterns.matching("x" * MAX_BYTES + "needle") == []


def test_the_case_of_a_pattern_does_not_matter():
    assert Patterns({0: pattern(("RunDLL32",))}).matching("rundll32 x") == [0]
