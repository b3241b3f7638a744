"""Rules that ordinary telemetry matches lose a part of their level."""

from dataclasses import replace

import pytest

from loglm_bridge.lab.data.corpus import Corpus, CorpusEvent
from loglm_bridge.lab.weak_labels.rule_noise import counts, quieted
from loglm_bridge.model.features.compiled_rules import CompiledRule
from loglm_bridge.model.features.rule_matcher import RuleMatcher
from loglm_bridge.telemetry import CanonicalEvent

#: Ordinary events of the corpus.
SIZE = 4_000


def corpus(matching, recordings=2, label="benign"):
    """An ordinary corpus of which `matching` distinct events match rule 0."""
    canonicals = [CanonicalEvent("linux", "", (("n", str(i)),), rules=(0,) * (i < matching)) for i in range(SIZE)]
    events = [CorpusEvent("", "s", f"g{i % recordings}", i, label, (), (), False) for i in range(SIZE)]
    return Corpus(canonicals, events)


def level_after(events, level="high", alerts=frozenset()):
    matcher = RuleMatcher([], [CompiledRule((), ["and"], level, (), "r")], [])
    quiet = quieted(matcher, events, events.events, alerts)
    assert counts(matcher.rules, quiet.rules).total() == (quiet.rules[0].level != level)
    return quiet.rules[0].level


@pytest.mark.parametrize(("matching", "level"), [(0, "high"), (2, "high"), (3, "medium"), (8, "medium"), (9, "low")])
def test_the_share_of_ordinary_events_lowers_the_level(matching, level):
    assert level_after(corpus(matching)) == level


def test_the_origin_of_the_level_stays():
    assert level_after(corpus(9), "own critical") == "own medium"
    assert level_after(corpus(9), "low") == "informational"


def test_one_recording_lowers_nothing():
    assert level_after(corpus(9, recordings=1)) == "high"


def test_attacks_and_alerts_among_samples_do_not_count():
    attacks = corpus(9)
    assert level_after(Corpus(attacks.canonicals, [e for e in attacks.events if e.canonical >= 9])) == "high"
    samples = [replace(one, source="sentinel_samples", label="unknown") for one in attacks.events]
    assert level_after(Corpus(attacks.canonicals, samples), alerts=frozenset(range(9))) == "high"
