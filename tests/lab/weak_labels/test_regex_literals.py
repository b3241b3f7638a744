"""Literals of a regular expression: every match contains them in order."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.lab.weak_labels.regex_literals import literals_of


@pytest.mark.parametrize(
    ("expression", "literals"),
    [
        (r"-k\s\w{1,64}(?:\s?(?:-p|-s))?", ["-k"]),
        (r"^a(bc)+d[xy]e$", ["abc", "d", "e"]),
        (r"\+.*\+.*\+", ["+", "+", "+"]),
        ("a|b", []),
        ("(", []),
    ],
)
def test_literals_of_a_regular_expression(expression, literals):
    assert literals_of(expression) == literals


@given(st.sampled_from([r"a+b?c(d|e)f{2,3}", r"x[yz]\\Users\\w+\.exe", r"(?:ab)*cd.ef$"]), st.data())
def test_a_match_contains_the_literals_in_order(expression, data):
    text = data.draw(st.from_regex(re.compile(expression), fullmatch=True))
    end = 0
    for literal in literals_of(expression):
        end = text.index(literal, end) + len(literal)
