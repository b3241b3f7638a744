"""Company raises one event of a window and lowers none; a repeat is no evidence; a false alarm carries no neighbour."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.model.context.evidence import ContextScoring, Evidence

SCORING = ContextScoring(2.0, 3.0, 2, 12.0)


def event(logit, kind="k", *rules):
    return Evidence(logit, kind, frozenset(rules))


evidence = st.builds(Evidence, st.floats(-20, 60), st.sampled_from("abc"), st.frozensets(st.integers(0, 5), max_size=3))
windows = st.lists(evidence, max_size=64)


@given(windows)
def test_the_strongest_event_gains_and_never_more_than_the_bound(window):
    place, gain = SCORING.boost(window)
    assert 0.0 <= gain <= SCORING.bound
    if gain:
        assert round(window[place].logit, 6) == max(round(one.logit, 6) for one in window) > SCORING.floor


@given(windows, st.lists(st.builds(event, st.floats(-20, 3)), max_size=20))
def test_dull_events_change_nothing_however_many(window, dull):
    assert SCORING.boost([*window, *dull]) == SCORING.boost(window)


@given(windows)
def test_repeats_say_no_more_than_one(window):
    assert SCORING.boost([*window, *window]) == SCORING.boost(window)


@given(st.lists(st.floats(-20, 60), max_size=10), st.floats(-20, 60))
def test_more_evidence_never_says_less(logits, another):
    few = [event(logit, str(i)) for i, logit in enumerate(logits)]
    strongest = max([-20.0, *logits])
    gains = [SCORING.boost(window)[1] for window in (few, [*few, event(min(another, strongest), "new")])]
    assert gains[1] >= gains[0]


def test_the_strongest_other_kinds_count_as_far_as_they_go_above_the_floor():
    window = [event(4, "a"), event(20, "b"), event(5, "c"), event(4, "d"), event(-4, "e")]
    assert SCORING.boost(window) == (1, 2.0 * (2 + 1))


def test_one_false_alarm_does_not_carry_its_neighbours():
    assert SCORING.boost([event(30, "a", 1), *[event(-2.0, str(i)) for i in range(50)]])[1] == 0.0


@pytest.mark.parametrize(
    ("one", "other", "gain"),
    [
        (event(20, "a", 1), event(5, "b", 1, 2), 0.0),
        (event(20, "a", 1), event(5, "a", 2), 4.0),
        (event(20, "a", 1), event(5, "a"), 0.0),
        (event(20, "a"), event(5, "b"), 4.0),
    ],
)
def test_events_of_a_kind_share_a_rule_or_where_one_has_none_are_of_one_kind_of_log_event(one, other, gain):
    assert SCORING.boost([one, other]) == (0, gain)


@given(windows, st.randoms(use_true_random=False))
def test_the_order_counts_for_equal_logits_alone(window, rng: random.Random):
    if len({round(one.logit, 6) for one in window}) == len(window):
        order = rng.sample(range(len(window)), len(window))
        (place, gain), (mixed, same) = (
            SCORING.boost(window),
            SCORING.boost([window[i] for i in order]),
        )
        assert same == gain
        assert not gain or order[mixed] == place
