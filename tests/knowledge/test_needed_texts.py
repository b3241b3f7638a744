"""Texts that every match of an expression contains."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.knowledge.needed_texts import needed_texts


@pytest.mark.parametrize(
    ("expression", "texts"),
    [
        ("abc", (("abc",),)),
        ("^Ab.*longer$", (("longer",),)),
        ("^Abc.*longer$", (("longer",), ("abc",))),
        ("(curl|wget).*sh", (("curl", "wget"),)),
        ("[.](exe|dll)", ((".dll", ".exe"),)),
        ("ba?sh -[ci]", (("bash -c", "bash -i", "bsh -c", "bsh -i"),)),
        ("x(foo|bar+)?y", (("x",), ("y",))),
        ("(?:ab)+[0-9]cde", (("cde",),)),
        ("a(b|[0-9])", (("a",),)),
        ("(ab|[c-z])", ()),
        ("[a-z]+", ()),
        ("a|", ()),
        ("(", ()),
        (r"\\pipe\\[a-z]{3}", (("\\pipe\\",),)),
    ],
)
def test_the_longest_required_text_is_named(expression, texts):
    assert needed_texts(expression) == texts


@given(
    expression=st.from_regex(r"\A([ab.]{1,3}|\(ab?\|b+c\)|[ab]{2}[*+?]){1,4}\Z"),
    value=st.text("abc", max_size=12),
)
def test_a_match_contains_a_needed_text(expression, value):
    if re.search(expression, value):
        assert all(any(text in value for text in texts) for texts in needed_texts(expression))
