"""Context scoring boosts one event of a window and lowers none; repeats and a single false positive add nothing."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.model.context.evidence import ContextScoring, Evidence

SCORING = ContextScoring(share=2.0, floor=3.0, max_kinds=2, bound=12.0)


def event(logit, kind="k", *rules):
    return Evidence(logit, kind, frozenset(rules))


evidence = st.builds(Evidence, st.floats(-20, 60), st.sampled_from("abc"), st.frozensets(st.integers(0, 5), max_size=3))
windows = st.lists(evidence, max_size=64)


@given(windows)
def test_the_strongest_event_is_boosted_by_at_most_the_bound(window):
    index, boost = SCORING.boost(window)
    assert 0.0 <= boost <= SCORING.bound
    if boost:
        assert round(window[index].logit, 6) == max(round(one.logit, 6) for one in window) > SCORING.floor


@given(windows, st.lists(st.builds(event, st.floats(-20, 3)), max_size=20))
def test_events_below_the_floor_change_nothing(window, weak):
    assert SCORING.boost([*window, *weak]) == SCORING.boost(window)


@given(windows)
def test_repeats_add_nothing(window):
    assert SCORING.boost([*window, *window]) == SCORING.boost(window)


@given(st.lists(st.floats(-20, 60), max_size=10), st.floats(-20, 60))
def test_more_evidence_never_lowers_the_boost(logits, another):
    window = [event(logit, str(i)) for i, logit in enumerate(logits)]
    strongest = max([-20.0, *logits])
    more = [*window, event(min(another, strongest), "new")]
    assert SCORING.boost(more)[1] >= SCORING.boost(window)[1]


def test_the_strongest_other_kinds_count_by_their_excess_over_the_floor():
    window = [event(4, "a"), event(20, "b"), event(5, "c"), event(4, "d"), event(-4, "e")]
    assert SCORING.boost(window) == (1, 2.0 * (2 + 1))


def test_one_false_positive_does_not_lift_its_neighbours():
    assert SCORING.boost([event(30, "a", 1), *[event(-2.0, str(i)) for i in range(50)]])[1] == 0.0


@pytest.mark.parametrize(
    ("one", "other", "boost"),
    [
        (event(20, "a", 1), event(5, "b", 1, 2), 0.0),
        (event(20, "a", 1), event(5, "a", 2), 4.0),
        (event(20, "a", 1), event(5, "a"), 0.0),
        (event(20, "a"), event(5, "b"), 4.0),
    ],
)
def test_events_are_of_one_kind_by_a_shared_rule_or_without_rules_by_their_log_event(one, other, boost):
    assert SCORING.boost([one, other]) == (0, boost)


@given(windows, st.randoms(use_true_random=False))
def test_the_order_matters_for_equal_logits_only(window, rng: random.Random):
    if len({round(one.logit, 6) for one in window}) == len(window):
        order = rng.sample(range(len(window)), len(window))
        index, boost = SCORING.boost(window)
        shuffled_index, shuffled_boost = SCORING.boost([window[i] for i in order])
        assert shuffled_boost == boost
        assert not boost or order[shuffled_index] == index


def test_the_configuration_keeps_its_keys():
    data = {"share": 2.0, "floor": 3.0, "most": 2, "bound": 12.0}
    assert ContextScoring.from_dict(data) == SCORING
    assert SCORING.to_dict() == data
    assert list(SCORING.to_dict()) == list(data)
