"""Scales: they keep the alert budget on ordinary events, and borrow where a family has few."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.lab.train import thresholds
from loglm_bridge.lab.train.thresholds import Budget
from loglm_bridge.model.classifier.score_scale import ScoreScale
from loglm_bridge.telemetry import CanonicalEvent
from tests.lab.tiny import families


def test_a_quantile_with_enough_events_above_it_is_the_quantile():
    logits = np.arange(10_000.0)
    assert thresholds.tail_logit(logits, 0.1, 1.0) == pytest.approx(8_999.1)


def test_beyond_the_events_the_tail_is_exponential():
    rng = np.random.default_rng(1)
    logits = rng.exponential(2.0, 20_000)
    for share in (1e-2, 1e-3, 1e-4, 1e-5):
        assert thresholds.tail_logit(logits, share, 2.0) == pytest.approx(-2.0 * np.log(share), rel=0.15)


@given(st.lists(st.floats(-20, 20), min_size=1, max_size=400))
def test_rarer_events_have_higher_logits(logits):
    anchors = [thresholds.tail_logit(np.array(logits), share, 1.0) for share in (0.1, 1e-2, 1e-3, 1e-4)]
    assert anchors == sorted(anchors)


PRIOR = ScoreScale(-2.0, 0.0, 4.0, 6.0)


def test_a_family_with_few_events_borrows_from_all_others():
    few = thresholds.fit_scale(np.zeros(3), Budget(), PRIOR, (-9.0, 20.0))
    assert few.malicious == pytest.approx(PRIOR.malicious, abs=0.1)
    many = thresholds.fit_scale(np.random.default_rng(1).normal(10.0, 1.0, 20_000), Budget(), PRIOR, (-9.0, 20.0))
    assert many.malicious == pytest.approx(10.0 + 3.09, abs=0.3)


def test_no_ordinary_events_lift_the_threshold_above_the_ceiling():
    scale = thresholds.fit_scale(np.full(5_000, 50.0), Budget(), PRIOR, (-9.0, 20.0))
    assert scale.malicious <= 20.0 < scale.certain
    assert scale.low < scale.suspicious < scale.malicious


def test_no_event_below_the_floor_is_malicious():
    scale = thresholds.fit_scale(np.full(5_000, -5.0), Budget(), PRIOR, (9.0, 20.0))
    assert scale.malicious == 9.0
    assert scale.suspicious < 0 < 9.0 + thresholds.CERTAIN_GAP <= scale.certain


def test_the_typical_family_is_none_of_the_largest():
    logits = np.concatenate([np.full(10_000, 18.0), np.full(300, 1.0), np.full(300, 2.0)])
    names = np.repeat(["a", "b", "c"], [10_000, 300, 300])
    scale = thresholds.typical_scale(logits, names, Budget(), PRIOR, (-9.0, 20.0))
    assert 1.0 < scale.suspicious < 4.0
    alone = thresholds.typical_scale(logits[:50], names[:50], Budget(), PRIOR, (-9.0, 20.0))
    assert alone == thresholds.fit_scale(logits[:50], Budget(), PRIOR, (-9.0, 20.0))


def test_a_family_is_known_from_enough_distinct_events_on():
    canonicals = [CanonicalEvent(f, "k", (("n", str(i)),)) for f, n in (("often", 10), ("seldom", 9)) for i in range(n)]
    assert thresholds.known_families(canonicals) == ["often"]


def test_thresholds_keep_the_budget_on_the_ordinary_events(tiny):
    ordinary = np.arange(0, len(tiny.canonicals), 2)
    budget = Budget(malicious=0.1, suspicious=0.3, unknown=0.2)
    heads = thresholds.with_thresholds(tiny.heads, tiny.features, families(tiny.canonicals), ordinary, budget)
    outcomes = heads.outcomes(tiny.features.vectors, tiny.features.grams, families(tiny.canonicals))
    verdicts = [outcomes[i].verdict for i in ordinary]
    assert verdicts.count("malicious") <= 0.1 * len(ordinary) + 1
    novelty = np.array([o.novelty for o in outcomes])
    assert (novelty > heads.config.unknown).mean() == pytest.approx(0.2, abs=0.05)
