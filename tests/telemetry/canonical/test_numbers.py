"""Numbers, sizes and durations to ranges."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.telemetry.canonical.numbers import bucket, bytes_bucket, duration, number
from tests.telemetry.parsing import few_examples

UNITS = {"k": 10, "M": 20, "G": 30, "T": 40, "P": 50, "E": 60}


def plain(text):
    """Return the number that a bound of a range stands for: `2k` -> 2048."""
    return int(text[:-1]) << UNITS[text[-1]] if text[-1] in UNITS else int(text)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0", "{0}"),
        ("1", "{1}"),
        ("3", "{2-3}"),
        ("1023", "{512-1023}"),
        ("1024", "{1k-2k}"),
        ("1048576", "{1M-2M}"),
        ("-5", "-{4-7}"),
        ("12%", "{8-15}%"),
        ("15 ms", "{8-15}ms"),
        ("0.5", "{0.1-1}"),
        ("0.05", "{0.01-0.1}"),
        ("0.005", "{0.001-0.01}"),
        ("0.0001", "{<0.001}"),
        (".5", "{0.1-1}"),
        ("0x1f", "{16-31}"),
        ("1e3", "{512-1023}"),
        ("1e300", "{huge}"),
        ("1e999", "{huge}"),
        ("abc", "{other}"),
        ("1 2", "{other}"),
        ("-", ""),
        ("", ""),
    ],
)
def test_bucket(value, expected):
    assert bucket(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("0", "{0B}"), ("40", "{32-63B}"), ("3000", "{2k-4kB}"), ("0.5", "{0.1-1B}"), ("x", "{other}"), ("", "")],
)
def test_bytes(value, expected):
    assert bytes_bucket(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0", "{0s}"),
        ("0.0", "{0s}"),
        ("0.0002", "{<1ms}"),
        ("0.004", "{1-10ms}"),
        ("0.05", "{10-100ms}"),
        ("0.5", "{0.1-1s}"),
        ("5", "{1-10s}"),
        ("59.9", "{10-60s}"),
        ("90", "{1-10m}"),
        ("601", "{10-60m}"),
        ("3600", "{1-24h}"),
        ("86400", "{1-7d}"),
        ("1e9", "{>7d}"),
        ("-90", "{1-10m}"),
        ("x", "{other}"),
        ("-", ""),
    ],
)
def test_duration(value, expected):
    assert duration(value) == expected


@given(st.integers(min_value=2, max_value=2**69))
def test_a_range_contains_its_number(value):
    low, _, high = bucket(str(value)).strip("{}").partition("-")
    assert plain(low) <= float(value)
    assert high == "huge" or float(value) <= plain(high)


@few_examples
@given(st.integers(min_value=1, max_value=2**60), st.integers(min_value=1, max_value=2**60))
def test_ranges_keep_the_order_of_numbers(one, other):
    low, high = sorted((one, other))
    bounds = [plain(bucket(str(value)).strip("{}").partition("-")[0]) for value in (low, high)]
    assert bounds[0] <= bounds[1]


@few_examples
@given(st.integers(min_value=0, max_value=2**40))
def test_sizes_have_the_range_of_the_plain_number_with_a_unit(value):
    assert bytes_bucket(str(value)) == bucket(str(value))[:-1] + "B}"


@few_examples
@given(st.floats(min_value=0, max_value=1e9))
def test_hardly_any_duration_shows_its_exact_value(value):
    assert len({duration(str(value)), duration(str(value * 1.0000001))} - {"{0s}"}) <= 2
    assert duration(str(value)).startswith("{")


@pytest.mark.parametrize(
    ("value", "expected"),
    [("12", 12.0), (" 12 ", 12.0), ("1.5s", 1.5), ("0x10", 16.0), ("-3", -3.0), ("1e3", 1_000.0), ("x", None)],
)
def test_number(value, expected):
    assert number(value) == expected


@given(st.text(max_size=100))
def test_any_text_is_accepted(value):
    for function in (bucket, bytes_bucket, duration):
        result = function(value)
        assert result == "" or "{" in result
    assert number(value) is None or isinstance(number(value), float)
