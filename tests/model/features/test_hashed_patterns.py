"""Patterns: hashes of literals find what a plain search would find, wherever it stands, and nothing else."""

import fnmatch
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from loglm_bridge.model.features.hashed_patterns import MAX_BYTES, Pattern, Patterns, pattern

few = st.text("ab\\ .", max_size=12)


@given(few, st.lists(few.filter(bool), min_size=1, max_size=3), st.booleans(), st.booleans())
@example("aa", ["a", "a"], True, True)
@example("aba", ["ab", "ba"], False, False)
@example("aaa", ["a", "aa"], True, True)
def test_a_pattern_holds_where_the_expression_does(text, literals, starts, ends):
    body = ".*".join(re.escape(part) for part in literals)
    expression = ("" if starts else ".*") + body + ("" if ends else ".*")
    found = Patterns({7: pattern(literals, starts, ends)}).matching(text)
    assert found == ([7] if re.fullmatch(expression, text, re.DOTALL) else [])


@given(st.text(max_size=60), st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=20))
def test_many_at_once_are_the_same_as_one_by_one(text, words):
    text = text.lower()
    together = Patterns({i: pattern((word,)) for i, word in enumerate(words)})
    assert sorted(together.matching(text)) == [i for i, word in enumerate(words) if word.lower() in text]


@pytest.mark.parametrize("wild", ["*.exe", "c:\\*\\run*", "cmd*/c*", "exact", "*a*b*c*"])
@pytest.mark.parametrize("text", ["c:\\x\\run.exe", "cmd.exe /c a", "exact", "xacyybzzc", ""])
def test_wildcards(wild, text):
    found = Patterns({0: pattern(wild.split("*"), not wild.startswith("*"), not wild.endswith("*"))}).matching(text)
    assert bool(found) == fnmatch.fnmatchcase(text, wild)


def test_no_literal_holds_for_everything():
    assert Patterns({3: Pattern(())}).matching("x") == [3]
    assert Patterns({3: Pattern(())}).matching("") == [3]


def test_a_long_value_is_looked_at_from_its_beginning():
    found = Patterns({0: pattern(("needle",))})
    assert found.matching("x" * (MAX_BYTES - 6) + "needle") == [0]
    assert found.matching("x" * MAX_BYTES + "needle") == []


def test_case_of_the_pattern_does_not_matter():
    assert Patterns({0: pattern(("RunDLL32",))}).matching("rundll32 x") == [0]
