"""Prefixes of log lines: times in the spellings of many programs, levels, process ids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.telemetry.scanning.line_prefix import strip_prefix
from tests.telemetry.parsing import assert_linear, few_examples

TIMES = [
    "2024-01-03 10:00:00,123",
    "2024-01-03T10:00:00.123Z",
    "2024-01-03T10:00:00+01:00",
    "[2024-01-03 10:00:00.123 UTC]",
    "[Wed Jan  3 10:00:00 2024]",
    "Wed, Jan 3 10:00:00",
    "03/Jan/2024:10:00:00 +0000",
    "3-Jan-2024 10:00:00.1",
    "01/03/2024 10:00:00 AM",
    "01-03 10:00:00.123",
    "081109 203615",
    "1700000000.123",
    "1700000000123",
]


@pytest.mark.parametrize("time", TIMES)
def test_times_are_removed(time):
    assert strip_prefix(f"{time} connection lost") == ("connection lost", "")


@pytest.mark.parametrize(
    ("text", "body", "level"),
    [
        ("2024-01-03 10:00:00,123 WARN  [main] hello", "[main] hello", "warn"),
        ("03-17 16:13:38.811  1702  2395 D Tag: hello", "Tag: hello", "d"),
        ("081109 203615 148 INFO dfs: hello", "dfs: hello", "info"),
        ("[ERROR] 2024-01-03 10:00:00 hello", "hello", "error"),
        ("<Critical> hello", "hello", "critical"),
        ("2024/01/03 10:00:00 [notice] 77#88: hello", "hello", "notice"),
        ("INFO", "INFO", ""),
        ("Information wants to be free", "Information wants to be free", ""),
        ("hello 10:00:00", "hello 10:00:00", ""),
        ("2024-01-03 10:00:00", "2024-01-03 10:00:00", ""),
        ("", "", ""),
    ],
)
def test_prefixes(text, body, level):
    assert strip_prefix(text) == (body, level)


@few_examples
@given(
    st.sampled_from(TIMES),
    st.sampled_from(["", "INFO", "Warning", "ERR", "FATAL"]),
    st.from_regex(r"[a-z]{3,8}( [a-z]{3,8}){0,4}", fullmatch=True),
)
def test_a_prefix_of_known_parts_is_removed(time, level, body):
    text = " ".join(part for part in (time, level, body) if part)
    assert strip_prefix(text) == (body, level.lower())


@few_examples
@given(st.text(max_size=120))
def test_the_body_is_a_suffix_of_the_text(text):
    body, level = strip_prefix(text)
    assert text.strip().endswith(body)
    assert level == level.lower()
    assert bool(body) == bool(text.strip())


@pytest.mark.parametrize("unit", ["1", "1:", "2024-01-03 10:00:00 ", "[", "INFO ", "1700000000 ", "pid 1 ", "Jan "])
def test_stripping_takes_linear_time(unit):
    assert_linear(strip_prefix, unit)
