"""Numbers, sizes and durations to classes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.telemetry.canonical.numbers import bucket, bytes_bucket, duration, number


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
        ("0.05", "{0.01-0.1}"),
        ("0x1f", "{16-31}"),
        ("1e300", "{huge}"),
        ("abc", "{other}"),
        ("-", ""),
    ],
)
def test_bucket(value, expected):
    assert bucket(value) == expected


@pytest.mark.parametrize(("value", "expected"), [("0", "{0B}"), ("40", "{32-63B}"), ("3000", "{2k-4kB}"), ("", "")])
def test_bytes(value, expected):
    assert bytes_bucket(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("0", "{0s}"), ("0.0002", "{<1ms}"), ("0.004", "{1-10ms}"), ("90", "{1-10m}"), ("1e9", "{>7d}"), ("x", "{other}")],
)
def test_duration(value, expected):
    assert duration(value) == expected


@given(st.integers(min_value=2, max_value=2**69))
def test_a_bucket_holds_its_number(value):
    low, _, high = bucket(str(value)).strip("{}").partition("-")
    units = {"k": 10, "M": 20, "G": 30, "T": 40, "P": 50, "E": 60}

    def plain(text):
        return int(text[:-1]) << units[text[-1]] if text[-1] in units else int(text)

    assert plain(low) <= float(value)
    assert high == "huge" or float(value) <= plain(high)


@given(st.text(max_size=100))
def test_any_text_is_read(value):
    for kind in (bucket, bytes_bucket, duration):
        assert isinstance(kind(value), str)
    assert number(value) is None or isinstance(number(value), float)
