"""Thresholds: they keep the alert budget on ordinary events, and ties count together."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.lab.train import thresholds
from loglm_bridge.lab.train.thresholds import Budget, threshold
from loglm_bridge.telemetry import CanonicalEvent
from tests.lab.tiny import families


@given(st.lists(st.integers(0, 12).map(lambda n: n / 12), min_size=1, max_size=80), st.floats(0, 0.99))
def test_the_threshold_is_the_lowest_that_at_most_the_share_reaches(scores, share):
    lowest, scores = threshold(np.array(scores), share), np.array(scores)
    assert (scores >= lowest).sum() <= share * len(scores)
    below = scores[scores < lowest].max()
    assert (scores >= below).sum() > int(share * len(scores))


def test_equal_scores_are_all_below_or_all_above_the_threshold():
    assert threshold(np.array([0.9, 0.5, 0.5, 0.1]), 0.5) == np.nextafter(0.5, 1)
    assert threshold(np.array([0.5] * 10), 0.3) == np.nextafter(0.5, 1)
    assert threshold(np.array([1.0] * 4), 0.0) > 1.0
    assert threshold(np.array([]), 0.5) == 1.0


def test_a_family_is_known_from_enough_distinct_events_on():
    canonicals = [CanonicalEvent(f, "k", (("n", str(i)),)) for f, n in (("often", 10), ("seldom", 9)) for i in range(n)]
    assert thresholds.known_families(canonicals) == ["often"]


def test_thresholds_keep_the_budget_on_the_ordinary_events(tiny):
    ordinary = np.arange(0, len(tiny.canonicals), 2)
    budget = Budget(malicious=0.1, suspicious=0.3, unknown=0.2)
    heads = thresholds.with_thresholds(tiny.heads, tiny.features, families(tiny.canonicals), ordinary, budget)
    outcomes = heads.outcomes(tiny.features.vectors, tiny.features.grams, families(tiny.canonicals))
    curve = heads.config.curve("")
    scores = np.array([outcomes[i].score for i in ordinary])
    assert 0 < (scores >= curve.malicious).sum() <= 0.1 * len(ordinary)
    assert 0 < (scores >= curve.suspicious).sum() <= 0.3 * len(ordinary)
    assert curve.suspicious <= curve.malicious
    novelty = np.array([o.novelty for o in outcomes])
    assert (novelty > heads.config.unknown).mean() == pytest.approx(0.2, abs=0.05)
