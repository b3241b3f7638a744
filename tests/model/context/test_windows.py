"""Windows over columns are the windows of the contract."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract import windows
from loglm_bridge.contract.windows import MAX_GAP
from loglm_bridge.model.context.windows import NO_ENTITY, cut_windows

events = st.lists(
    st.tuples(
        st.sampled_from(["", "a", "b"]),
        st.floats(-9.0, 3 * MAX_GAP).map(lambda t: round(t, 1)),
        st.integers(0, 2**32 - 1),
    ),
    max_size=300,
)


def sorted_by_time(told):
    """As most searches bring them, or the last ones first."""
    return sorted(told, key=lambda one: one[1])


@given(events, st.sampled_from([lambda told: told, sorted_by_time, lambda told: sorted_by_time(told)[::-1]]))
def test_they_are_those_of_the_contract(told, come):
    told = come(told)
    entities, times, keys = ([one[i] for one in told] for i in range(3))
    numbers = np.array([["a", "b"].index(one) if one else NO_ENTITY for one in entities], dtype=np.int64)
    order, lengths = cut_windows(numbers, np.array(times, dtype=np.float64), np.array(keys, dtype=np.uint32))
    found = [part.tolist() for part in np.split(order, np.cumsum(lengths))[:-1]]
    assert sorted(found) == sorted(windows.cut_windows(entities, times, keys))


def test_a_long_run_is_cut_alike():
    for count in (63, 64, 65, 127, 128, 129, 1_000):
        order, lengths = cut_windows(
            np.zeros(count, dtype=np.int64), np.arange(count) * 1.0, np.zeros(count, dtype=np.uint32)
        )
        assert order.tolist() == list(range(count))
        assert lengths.tolist() == [
            len(w) for w in windows.cut_windows(["a"] * count, list(map(float, range(count))), [0] * count)
        ]
