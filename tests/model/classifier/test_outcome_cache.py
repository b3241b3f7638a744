"""Verdicts of a cached outcome."""

import numpy as np

from loglm_bridge.model.classifier.heads import Outcome
from loglm_bridge.model.classifier.outcome_cache import CachedOutcome

CACHED = CachedOutcome(Outcome(0.5, "suspicious", (("T1003", 0.75), ("T1059", 0.25)), 0.125, np.zeros(2), 0.0))


def test_a_verdict_has_the_numbers_of_the_outcome():
    verdict = CACHED.verdict(2, True)
    assert (verdict.status, verdict.score, verdict.verdict, verdict.novelty) == ("ok", 0.5, "suspicious", 0.125)
    assert [(t.id, t.confidence) for t in verdict.techniques] == [("T1003", 0.75), ("T1059", 0.25)]
    assert verdict.truncated


def test_a_verdict_has_at_most_the_wanted_techniques():
    assert [len(CACHED.verdict(top, False).techniques) for top in (0, 1, 2, 10)] == [0, 1, 2, 2]


def test_equal_verdicts_are_one_object():
    assert CACHED.verdict(1, False) is CACHED.verdict(1, False)
    assert CACHED.verdict(1, False) is not CACHED.verdict(1, True)
