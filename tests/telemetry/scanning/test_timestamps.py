"""Times as callers write them, in epoch seconds."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.telemetry.scanning.timestamps import epoch_seconds
from tests.telemetry.parsing import few_examples


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1_700_000_000, 1_700_000_000.0),
        (1_700_000_000.25, 1_700_000_000.25),
        ("1700000000.25", 1_700_000_000.25),
        ("1970-01-01T00:01:00Z", 60.0),
        ("1970-01-01 00:01:00", 60.0),
        ("1970-01-01T01:01:00+01:00", 60.0),
        (0, 0.0),
        (-5, -5.0),
    ],
)
def test_times(value, expected):
    assert epoch_seconds(value) == expected


@pytest.mark.parametrize("value", [None, True, False, "", "yesterday", "nan", "inf", 10**400, [], {}, "9999-99-99"])
def test_anything_else_is_no_time(value):
    assert epoch_seconds(value) is None


@few_examples
@given(st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(2099, 1, 1)))  # noqa: DTZ001 (drawn as UTC)
def test_iso_times_round_trip(moment):
    expected = moment.replace(tzinfo=UTC).timestamp()
    assert epoch_seconds(moment.isoformat()) == pytest.approx(expected)
    assert epoch_seconds(moment.isoformat() + "Z") == pytest.approx(expected)


@few_examples
@given(st.one_of(st.text(max_size=30), st.floats(), st.integers()))
def test_any_value_gives_a_finite_number_or_none(value):
    seconds = epoch_seconds(value)
    assert seconds is None or abs(seconds) < float("inf")
