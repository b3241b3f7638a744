"""Windows over columns are the windows of the contract."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract import windows
from loglm_bridge.contract.windows import MAX_GAP
from loglm_bridge.model.context.windows import NO_ENTITY, cut_windows

TIMES = st.floats(-9.0, 3 * MAX_GAP).map(lambda seconds: round(seconds, 1))
ROWS = st.lists(st.tuples(st.sampled_from(["", "a", "b"]), TIMES, st.integers(0, 2**32 - 1)), max_size=300)


def by_time(rows):
    return sorted(rows, key=lambda row: row[1])


@given(ROWS, st.sampled_from([list, by_time, lambda rows: by_time(rows)[::-1]]))
def test_windows_are_those_of_the_contract(rows, arrange):
    rows = arrange(rows)
    entities, times, keys = ([row[i] for row in rows] for i in range(3))
    numbers = np.array([["a", "b"].index(one) if one else NO_ENTITY for one in entities], dtype=np.int64)
    order, lengths = cut_windows(numbers, np.array(times, dtype=np.float64), np.array(keys, dtype=np.uint32))
    parts = [part.tolist() for part in np.split(order, np.cumsum(lengths))[:-1]]
    assert sorted(parts) == sorted(windows.cut_windows(entities, times, keys))


def test_long_runs_are_split_as_in_the_contract():
    for count in (63, 64, 65, 127, 128, 129, 1_000):
        times = list(map(float, range(count)))
        order, lengths = cut_windows(np.zeros(count, np.int64), np.array(times), np.zeros(count, np.uint32))
        assert order.tolist() == list(range(count))
        assert lengths.tolist() == list(map(len, windows.cut_windows(["a"] * count, times, [0] * count)))
