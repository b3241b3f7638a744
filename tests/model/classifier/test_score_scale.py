"""The scale of scores: anchored, rising, the same everywhere."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.model.classifier.score_scale import ScoreScale, verdict_name

SCALE = ScoreScale(-2.0, 1.0, 4.0, 6.0)


def test_the_anchors_have_their_scores():
    np.testing.assert_allclose(SCALE.scores(np.array([-2.0, 1.0, 4.0, 6.0])), [0.05, 0.5, 0.9, 0.99])


def test_beyond_the_anchors_each_step_divides_the_rest():
    np.testing.assert_allclose(SCALE.scores(np.array([8.0, 10.0, -5.0])), [0.999, 0.9999, 0.005])


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30))
def test_scores_rise_with_logits_and_stay_in_bounds(logits):
    scores = SCALE.scores(np.array(sorted(logits)))
    assert (np.diff(scores) >= 0).all()
    assert ((scores >= 0) & (scores <= 1)).all()


def test_anchors_that_meet_are_moved_apart():
    scale = ScoreScale.through(1.0, 1.0, 0.5, 3.0, 2.0)
    assert scale.low < scale.suspicious < scale.malicious < scale.certain
    assert (scale.low, scale.temperature) == (1.0, 2.0)


@pytest.mark.parametrize(
    ("score", "novelty", "verdict"),
    [(0.9, 1.0, "malicious"), (0.89, 1.0, "unknown"), (0.5, 0.1, "suspicious"), (0.49, 0.1, "benign")],
)
def test_verdicts_begin_at_fixed_scores(score, novelty, verdict):
    assert verdict_name(score, novelty, unknown=0.95) == verdict
