"""Verdicts on flows: their techniques, novelty and cache."""

from loglm_bridge.contract.wire import Options
from loglm_bridge.model.flow import flow_classifier
from loglm_bridge.model.labeller import Labeller
from tests.lab.tiny_flows import TECHNIQUES
from tests.model.events import ALONE, IN_CONTEXT, flow


def test_flows_get_the_techniques_of_the_trees(context_labeller):
    (verdict,) = context_labeller.label([flow(3)], Options(top=10))
    assert {t.id for t in verdict.techniques} <= set(TECHNIQUES)
    assert len(verdict.techniques) == min(10, len(TECHNIQUES))


def test_counters_matter_that_one_canonical_event_does_not_distinguish(context_labeller):
    verdicts = context_labeller.label([flow(0, fwd_bytes=1030), flow(0, fwd_bytes=2000)], ALONE)
    assert verdicts[0].score != verdicts[1].score


def test_flows_unlike_all_others_are_novel(context_labeller):
    unlike = flow(
        1, fwd_bytes=1 << 48, bwd_bytes=1 << 49, total_fwd_pkts=1, src_port=1, dest_port=65_001, flow_dur=1e-6
    )
    novel, familiar = (context_labeller.label([event], ALONE)[0].novelty for event in (unlike, flow(1)))
    assert novel > familiar


def test_flows_bypass_the_encoder_unless_a_vector_is_wanted(context_folder):
    labeller = Labeller.load(context_folder)
    labeller.label([flow(i) for i in range(9)], IN_CONTEXT)
    assert labeller.caches()["outcome_cache_misses"] == 0
    (verdict,) = labeller.label([flow(1)], Options(embedding=True))
    assert len(verdict.embedding) == labeller.width
    assert labeller.caches()["outcome_cache_misses"] == 1


def test_equal_verdicts_are_one_object_and_counted_as_hits(context_folder):
    labeller = Labeller.load(context_folder)
    first = labeller.label([flow(1), flow(2), flow(1)], ALONE)
    again = labeller.label([flow(1, src_port=51_000)], ALONE)
    assert first[0] is first[2]
    assert first[0] is again[0]
    assert labeller.caches()["flow_cache_hits"] >= 2
    assert labeller.caches()["flow_cache_outcomes"] == labeller.caches()["flow_cache_misses"]
    labeller.close()
    assert labeller.caches()["flow_cache_outcomes"] == 0
    assert labeller.label([flow(1)], ALONE) == first[:1]


def test_the_cache_is_bounded(context_folder, monkeypatch):
    monkeypatch.setattr(flow_classifier, "_MAX_CACHED", 4)
    labeller = Labeller.load(context_folder)
    events = [flow(i, fwd_bytes=3**i, dest_port=20 + i) for i in range(30)]
    verdicts = [labeller.label([event], ALONE)[0] for event in events]
    assert labeller.caches()["flow_cache_outcomes"] <= 4
    assert labeller.label(events, ALONE) == verdicts
