"""Random texts of a pattern match it."""

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.lab.weak_labels.regex_sample import sample_regex

PATTERNS = [
    r"abc",
    r"^cmd\.exe\s+/c$",
    r"(powershell|pwsh)(\.exe)?\s+-e(nc(odedcommand)?)?\s+[A-Za-z0-9+/]{20,}={0,2}",
    r"\\\\[0-9]{1,3}(\.\d{1,3}){3}\\(ADMIN|IPC|C)\$",
    r".*\w+\.(exe|dll)\s*,\s*#\d+",
    r"(?i)\bset\b\s+[a-z]=",
    r"a{3}b*?c+?d??",
    r"(?P<name>x|yy|zzz)[0-9a-f]{8}",
    r"[^0-9\\]{4}\D\S",
    r"(?:a|b(?:c|d)+)*\Z",
    r"a++b",
    r"(?>ab|a)c",
]


@given(st.sampled_from(PATTERNS), st.integers(0, 2**32))
def test_the_text_matches_the_pattern(pattern, seed):
    assert re.search(pattern, sample_regex(pattern, random.Random(seed)))


def test_texts_differ_by_seed_and_are_the_same_for_the_same_seed():
    texts = {sample_regex(PATTERNS[2], random.Random(seed)) for seed in range(20)}
    assert len(texts) > 15
    assert sample_regex(PATTERNS[2], random.Random(3)) == sample_regex(PATTERNS[2], random.Random(3))


@given(st.text(max_size=30), st.integers(0, 9))
def test_any_pattern_gives_a_text(pattern, seed):
    assert isinstance(sample_regex(pattern, random.Random(seed)), str)


@pytest.mark.parametrize("pattern", ["(", "[a", "*", "a{3,1}", r"(?P<a"])
def test_an_invalid_pattern_gives_an_empty_text(pattern):
    assert sample_regex(pattern, random.Random(0)) == ""
