"""Windows: every event once, in time order whatever order they came in, and the same windows again from a part."""

import random

from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.event import Event
from loglm_bridge.contract.limits import MAX_WINDOW_EVENTS
from loglm_bridge.contract.windows import MAX_GAP, order_key, windows_of

events = st.lists(
    st.builds(
        Event,
        raw=st.text(max_size=3),
        entity=st.sampled_from(["", "a", "b"]),
        time=st.none() | st.floats(0, 3 * MAX_GAP).map(lambda t: round(t, 1)),
    ),
    max_size=300,
)


@given(events)
def test_every_event_is_in_one_window_of_its_entity(given_events):
    cut = windows_of(given_events)
    assert sorted(place for window in cut for place in window) == list(range(len(given_events)))
    for window in cut:
        assert 1 <= len(window) <= MAX_WINDOW_EVENTS
        assert len({given_events[place].entity for place in window}) == 1
        assert len(window) == 1 or given_events[window[0]].entity


@given(st.integers(1, 5 * MAX_WINDOW_EVENTS), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(count, rng):
    told = [Event(raw=str(i), entity="a", time=float(i // 3)) for i in range(count)]
    mixed = rng.sample(told, count)
    assert [[mixed[p] for p in w] for w in windows_of(mixed)] == [[told[p] for p in w] for w in windows_of(told)]


def test_silence_begins_a_new_window():
    told = [Event("x", entity="a", time=t) for t in (0.0, MAX_GAP, 2 * MAX_GAP + 1, 2 * MAX_GAP + 2)]
    assert windows_of(told) == [[0, 1], [2, 3]]


def test_an_event_without_time_is_read_with_the_last_that_has_one():
    told = [Event("b", entity="a", time=5.0), Event("a", entity="a"), Event("c", entity="a", time=9 * MAX_GAP)]
    first = sorted([0, 1], key=lambda place: order_key(told[place].raw))
    assert windows_of(told) == [first, [2]]


@given(st.integers(1, 12 * MAX_WINDOW_EVENTS), st.data())
def test_successive_windows_given_alone_are_cut_again(count, data):
    told = [Event(f"{i:06}", entity="a", time=float(i)) for i in range(count)]
    cut = windows_of(told)
    first = data.draw(st.integers(0, len(cut) - 1))
    last = data.draw(st.integers(first, len(cut) - 1))
    part = [told[p] for window in cut[first : last + 1] for p in window]
    random.Random(1).shuffle(part)
    assert [[part[p] for p in w] for w in windows_of(part)] == [[told[p] for p in w] for w in cut[first : last + 1]]
