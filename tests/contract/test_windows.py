"""Windows: every event once, in time order whatever the order of arrival, and the same windows from a part."""

import random

from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.event import Event
from loglm_bridge.contract.limits import MAX_WINDOW_EVENTS
from loglm_bridge.contract.windows import MAX_GAP, order_key, windows_of

EVENTS = st.lists(
    st.builds(
        Event,
        raw=st.text(max_size=3),
        entity=st.sampled_from(["", "a", "b"]),
        time=st.none() | st.floats(0, 3 * MAX_GAP).map(lambda t: round(t, 1)),
    ),
    max_size=300,
)


@given(EVENTS)
def test_every_event_is_in_exactly_one_window_of_its_entity(drawn):
    windows = windows_of(drawn)
    assert sorted(index for window in windows for index in window) == list(range(len(drawn)))
    for window in windows:
        assert 1 <= len(window) <= MAX_WINDOW_EVENTS
        assert len({drawn[index].entity for index in window}) == 1
        assert len(window) == 1 or drawn[window[0]].entity


@given(st.integers(1, 5 * MAX_WINDOW_EVENTS), st.randoms(use_true_random=False))
def test_order_of_arrival_does_not_matter(count, rng):
    events = [Event(raw=str(i), entity="a", time=float(i // 3)) for i in range(count)]
    shuffled = rng.sample(events, count)
    assert [[shuffled[p] for p in w] for w in windows_of(shuffled)] == [
        [events[p] for p in w] for w in windows_of(events)
    ]


def test_gap_begins_a_new_window():
    events = [Event("x", entity="a", time=t) for t in (0.0, MAX_GAP, 2 * MAX_GAP + 1, 2 * MAX_GAP + 2)]
    assert windows_of(events) == [[0, 1], [2, 3]]


def test_missing_time_is_the_previous_time_of_the_entity():
    events = [Event("b", entity="a", time=5.0), Event("a", entity="a"), Event("c", entity="a", time=9 * MAX_GAP)]
    first = sorted([0, 1], key=lambda index: order_key(events[index].raw))
    assert windows_of(events) == [first, [2]]


@given(st.integers(1, 12 * MAX_WINDOW_EVENTS), st.data())
def test_successive_windows_alone_are_split_the_same_way(count, data):
    events = [Event(f"{i:06}", entity="a", time=float(i)) for i in range(count)]
    windows = windows_of(events)
    first = data.draw(st.integers(0, len(windows) - 1))
    last = data.draw(st.integers(first, len(windows) - 1))
    part = [events[p] for window in windows[first : last + 1] for p in window]
    random.Random(1).shuffle(part)
    assert [[part[p] for p in w] for w in windows_of(part)] == [
        [events[p] for p in w] for w in windows[first : last + 1]
    ]
