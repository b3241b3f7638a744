"""Training examples: the weights and targets of events on techniques and on malice."""

import pytest

from loglm_bridge.lab.data.corpus import Corpus, CorpusEvent
from loglm_bridge.lab.weak_labels.training_examples import (
    BACKGROUND_RECORDINGS,
    MAX_MALICE_WEIGHT,
    ExampleWeights,
    from_corpus,
    from_weak_examples,
)
from loglm_bridge.lab.weak_labels.weak_examples import WeakExample
from loglm_bridge.telemetry import CanonicalEvent

WEIGHTS = ExampleWeights()
RECORDED, LABELLED, MACHINE = "otrf_security_datasets", "panther_rule_tests", "evtx_baseline"


def event(canonical, group="r", source=RECORDED, techniques=(), label="malicious", hits=(), held_out=False):
    return CorpusEvent("", source, group, canonical, label, tuple(techniques), tuple(hits), held_out)


def hit(level="high", *techniques):
    return ("rule", level, techniques)


def examples(*events, weights=WEIGHTS):
    """The example of each canonical event, by its number."""
    canonicals = [CanonicalEvent("f", "k", (("n", str(i)),)) for i in range(1 + max(e.canonical for e in events))]
    examples = from_corpus(Corpus(canonicals, list(events)), list(events), weights)
    return {int(e.event.fields[0][1]): e for e in examples}


def test_background_of_differently_labelled_recordings_weighs_less_on_techniques():
    by_canonical = examples(
        event(0, "a", techniques=["T1"]),
        event(1, "a", techniques=["T1"]),
        event(0, "b", techniques=["T2"]),
        event(0, "c", techniques=["T3"]),
    )
    assert by_canonical[1].technique_weight == pytest.approx(0.9)
    assert by_canonical[1].techniques == {"T1": 1.0}
    # its share of recording `a` is a ninth of that of the other event
    assert by_canonical[0].techniques["T1"] * by_canonical[1].technique_weight < by_canonical[0].techniques["T2"]


def test_the_weights_of_the_events_of_a_recording_add_up_to_one():
    by_canonical = examples(*(event(i, "a", techniques=["T1"]) for i in range(8)), event(0, "a", techniques=["T1"]))
    assert sum(e.technique_weight for e in by_canonical.values()) == pytest.approx(1.0)


def test_without_rarity_and_spread_every_event_has_the_label_of_its_recording():
    background = [event(0, group, techniques=[technique]) for group, technique in (("a", "T1"), ("b", "T2"))]
    flat = examples(*background, event(1, "a", techniques=["T1"]), weights=ExampleWeights(rarity=0.0))
    assert flat[0].technique_weight == pytest.approx(1.0)
    assert flat[1].technique_weight == pytest.approx(0.5)
    unspread = examples(*(event(i, "a", techniques=["T1"]) for i in range(8)), weights=ExampleWeights(spread=False))
    assert [e.technique_weight for e in unspread.values()] == [1.0] * 8


def test_a_hit_of_a_medium_rule_adds_weight_and_narrows_the_techniques():
    by_canonical = examples(
        event(0, "a", techniques=["T1", "T2"], hits=[hit("high", "T2")]),
        event(1, "a", techniques=["T1", "T2"]),
        event(2, "a", techniques=["T1", "T2"], hits=[hit("low", "T2")]),
    )
    assert by_canonical[0].techniques == {"T2": 1.0}
    assert by_canonical[0].technique_weight == pytest.approx(1 / 3 + WEIGHTS.hits)
    assert by_canonical[1].techniques == by_canonical[2].techniques == {"T1": 0.5, "T2": 0.5}


def test_a_rule_hit_is_malicious_and_shared_background_is_ordinary():
    shared = [event(0, f"r{i}", techniques=[f"T{i}"]) for i in range(BACKGROUND_RECORDINGS)]
    by_canonical = examples(
        *shared, event(1, "r0", techniques=["T0"], hits=[hit("medium")]), event(2, "r0", techniques=["T0"])
    )
    assert (by_canonical[0].malice, by_canonical[1].malice, by_canonical[2].malice) == (0.0, 1.0, 0.0)
    assert by_canonical[0].malice_weight > by_canonical[2].malice_weight


def test_labels_of_an_event_labelled_source_hold_for_the_event():
    by_canonical = examples(
        event(0, source=LABELLED, label="malicious", techniques=["T1"], group="a"),
        event(1, source=LABELLED, label="benign", techniques=["T1"], group="a"),
        event(2, source=LABELLED, label="unknown", group="a"),
    )
    assert (by_canonical[0].malice, by_canonical[0].technique_weight, by_canonical[0].techniques) == (
        1.0,
        1.0,
        {"T1": 1.0},
    )
    assert (by_canonical[1].malice, by_canonical[1].technique_weight, by_canonical[1].techniques) == (0.0, 0.0, {})
    assert by_canonical[2].malice_weight < by_canonical[1].malice_weight


def test_a_small_labelled_source_is_lifted_up_to_the_limit():
    few = examples(event(0, source=LABELLED, label="benign"))
    assert few[0].malice_weight == MAX_MALICE_WEIGHT
    many = examples(
        *(event(i, source=LABELLED, label="benign") for i in range(20)), weights=ExampleWeights(labelled_source=10)
    )
    assert many[0].malice_weight == pytest.approx(0.5)


def test_events_of_ordinary_machines_have_no_weight_on_techniques():
    by_canonical = examples(event(0, source=MACHINE, label="benign"), event(1, source="loghub_2k", label="unknown"))
    assert (by_canonical[0].malice, by_canonical[0].malice_weight, by_canonical[0].technique_weight) == (0.0, 1.0, 0.0)
    assert by_canonical[1].malice_weight < 1.0


def test_contradicting_labels_are_averaged_and_repeats_do_not_count():
    by_canonical = examples(
        event(0, "a", source=LABELLED, label="malicious"),
        event(0, "b", source=LABELLED, label="benign"),
        *(event(0, "b", source=LABELLED, label="benign") for _ in range(50)),
    )
    assert by_canonical[0].malice == pytest.approx(0.5)


def test_weak_examples_have_the_weight_of_their_catalogue_and_atomic_ones_are_optional():
    canonical = CanonicalEvent("f", "k", ())
    weak = [WeakExample(canonical, ("T1", "T2", "T1"), name, "o", 0.7) for name in ("sigma", "atomic", "fwaf")]
    sigma, fwaf = from_weak_examples(weak, WEIGHTS, atomic=False)
    assert (sigma.technique_weight, fwaf.technique_weight) == (WEIGHTS.sigma, WEIGHTS.fwaf)
    assert sigma.techniques == {"T1": 0.5, "T2": 0.5}
    assert (sigma.malice, sigma.malice_weight) == (1.0, 0.7)
    assert fwaf.malice_weight < 0.1
    assert len(from_weak_examples(weak, WEIGHTS, atomic=True)) == 3
    weightless = from_weak_examples(weak, ExampleWeights(weak_examples=0.0), atomic=True)
    assert {e.malice_weight for e in weightless} == {0.0}
