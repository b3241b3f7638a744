"""Windows of index time."""

from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.splunk.modinput.checkpoint import Position
from loglm_bridge.splunk.modinput.index_time_window import Window, correct_for_clock, next_window

SECOND = st.integers(0, 2_000_000_000)


@given(SECOND, st.integers(0, 100_000), st.integers(0, 900), st.integers(1, 900))
def test_windows_are_contiguous_and_end_before_the_lag(start, ahead, lag, max_seconds):
    now = start + ahead + 0.7
    position, windows = Position(start), []
    while (window := next_window(position, now, lag, max_seconds)) is not None and len(windows) < 200:
        assert window.start == position.second
        assert 0 < window.end - window.start <= max_seconds
        assert window.end <= now - lag
        windows.append(window)
        position = Position(window.end)
    assert window is None or len(windows) == 200


@given(SECOND, st.integers(1, 50))
def test_second_belongs_to_one_window(start, length):
    first, second = Window(start, start + length), Window(start + length, start + 2 * length)
    for at in range(start, start + 2 * length):
        assert (at in first) + (at in second) == 1
    assert start + 2 * length not in second


def test_no_window_before_the_lag_has_passed():
    assert next_window(Position(1000), 1059.9, 60, 300) is None
    assert next_window(Position(1000), 1061.0, 60, 300) == Window(1000, 1001)


def test_position_of_a_clock_that_was_ahead_is_corrected():
    assert correct_for_clock(Position(9_000, latest=2_000), now=5_000.0, lag=60) == Position(1_940, 2_000)
    assert correct_for_clock(Position(9_000, latest=8_000), now=5_000.0, lag=60) == Position(4_940, 8_000)
    assert correct_for_clock(Position(9_000), now=5_000.0, lag=60) is None


def test_longer_lag_does_not_change_the_position():
    assert correct_for_clock(Position(4_990, latest=10), now=5_000.0, lag=600) == Position(4_990, 10)
