"""Examples: what each event may say on technique and on malice, and what background may not."""

import pytest

from loglm_bridge.lab.data.corpus import Corpus, CorpusEvent
from loglm_bridge.lab.weak_labels.training_examples import COMMON, MOST_SAY, TeachingWeights, from_corpus, from_lessons
from loglm_bridge.lab.weak_labels.weak_examples import WeakExample
from loglm_bridge.telemetry import CanonicalEvent

WEIGHTS = TeachingWeights()
RECORDED, LABELLED, MACHINE = "otrf_security_datasets", "panther_rule_tests", "evtx_baseline"


def event(canonical, group="r", source=RECORDED, techniques=(), label="malicious", hits=(), held_out=False):
    return CorpusEvent("", source, group, canonical, label, tuple(techniques), tuple(hits), held_out)


def hit(level="high", *techniques):
    return ("rule", level, techniques)


def examples(*events, weights=WEIGHTS):
    """The example of each canonical event, by its number."""
    forms = [CanonicalEvent("f", "k", (("n", str(i)),)) for i in range(1 + max(e.canonical for e in events))]
    found = from_corpus(Corpus(forms, list(events)), list(events), weights)
    return {int(e.event.fields[0][1]): e for e in found}


def test_background_of_differently_labelled_recordings_says_less_on_technique():
    found = examples(
        event(0, "a", techniques=["T1"]),
        event(1, "a", techniques=["T1"]),
        event(0, "b", techniques=["T2"]),
        event(0, "c", techniques=["T3"]),
    )
    assert found[1].technique_weight == pytest.approx(0.9)
    assert found[1].techniques == {"T1": 1.0}
    # its share of recording `a` is a ninth of the telling event's
    assert found[0].techniques["T1"] * found[1].technique_weight < found[0].techniques["T2"]


def test_the_events_of_one_recording_share_one_say():
    found = examples(*(event(i, "a", techniques=["T1"]) for i in range(8)), event(0, "a", techniques=["T1"]))
    assert sum(e.technique_weight for e in found.values()) == pytest.approx(1.0)


def test_without_its_parts_the_weighting_is_that_of_plain_labels():
    background = [event(0, group, techniques=[technique]) for group, technique in (("a", "T1"), ("b", "T2"))]
    flat = examples(*background, event(1, "a", techniques=["T1"]), weights=TeachingWeights(rarity=0.0))
    assert flat[0].technique_weight == pytest.approx(1.0)
    assert flat[1].technique_weight == pytest.approx(0.5)
    loud = examples(*(event(i, "a", techniques=["T1"]) for i in range(8)), weights=TeachingWeights(spread=False))
    assert [e.technique_weight for e in loud.values()] == [1.0] * 8


def test_a_telling_hit_adds_its_say_and_narrows_the_techniques():
    found = examples(
        event(0, "a", techniques=["T1", "T2"], hits=[hit("high", "T2")]),
        event(1, "a", techniques=["T1", "T2"]),
        event(2, "a", techniques=["T1", "T2"], hits=[hit("low", "T2")]),
    )
    assert found[0].techniques == {"T2": 1.0}
    assert found[0].technique_weight == pytest.approx(1 / 3 + WEIGHTS.hits)
    assert found[1].techniques == found[2].techniques == {"T1": 0.5, "T2": 0.5}


def test_a_hit_makes_malice_and_shared_background_is_ordinary():
    shared = [event(0, f"r{i}", techniques=[f"T{i}"]) for i in range(COMMON)]
    found = examples(
        *shared, event(1, "r0", techniques=["T0"], hits=[hit("medium")]), event(2, "r0", techniques=["T0"])
    )
    assert (found[0].malice, found[1].malice, found[2].malice) == (0.0, 1.0, 0.0)
    assert found[0].malice_weight > found[2].malice_weight


def test_an_event_labelled_source_speaks_for_the_event():
    found = examples(
        event(0, source=LABELLED, label="malicious", techniques=["T1"], group="a"),
        event(1, source=LABELLED, label="benign", techniques=["T1"], group="a"),
        event(2, source=LABELLED, label="unknown", group="a"),
    )
    assert (found[0].malice, found[0].technique_weight, found[0].techniques) == (1.0, 1.0, {"T1": 1.0})
    assert (found[1].malice, found[1].technique_weight, found[1].techniques) == (0.0, 0.0, {})
    assert found[2].malice_weight < found[1].malice_weight


def test_a_small_labelled_source_is_lifted_but_never_beyond_the_most():
    few = examples(event(0, source=LABELLED, label="benign"))
    assert few[0].malice_weight == MOST_SAY
    many = examples(
        *(event(i, source=LABELLED, label="benign") for i in range(20)), weights=TeachingWeights(event_source=10)
    )
    assert many[0].malice_weight == pytest.approx(0.5)


def test_a_machines_events_are_ordinary_and_say_nothing_on_technique():
    found = examples(event(0, source=MACHINE, label="benign"), event(1, source="loghub_2k", label="unknown"))
    assert (found[0].malice, found[0].malice_weight, found[0].technique_weight) == (0.0, 1.0, 0.0)
    assert found[1].malice_weight < 1.0


def test_disagreement_is_a_share_and_repeats_do_not_count():
    found = examples(
        event(0, "a", source=LABELLED, label="malicious"),
        event(0, "b", source=LABELLED, label="benign"),
        *(event(0, "b", source=LABELLED, label="benign") for _ in range(50)),
    )
    assert found[0].malice == pytest.approx(0.5)


def test_lessons_weigh_as_their_teacher_and_atomic_only_where_allowed():
    form = CanonicalEvent("f", "k", ())
    lessons = [WeakExample(form, ("T1", "T2", "T1"), t, "o", 0.7) for t in ("sigma", "atomic", "fwaf")]
    kept = from_lessons(lessons, WEIGHTS, atomic=False)
    assert [e.technique_weight for e in kept] == [WEIGHTS.sigma, WEIGHTS.fwaf]
    assert kept[0].techniques == {"T1": 0.5, "T2": 0.5}
    assert (kept[0].malice, kept[0].malice_weight) == (1.0, 0.7)
    assert kept[1].malice_weight < 0.1
    assert len(from_lessons(lessons, WEIGHTS, atomic=True)) == 3
    silent = from_lessons(lessons, TeachingWeights(lessons=0.0), atomic=True)
    assert {e.malice_weight for e in silent} == {0.0}
