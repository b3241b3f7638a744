"""The heads: outcomes independent of the batch, thresholds as calibrated, malformed files refused."""

import json
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load, save

from loglm_bridge.contract.errors import ModelRefused
from loglm_bridge.contract.limits import MAX_TOP
from loglm_bridge.model.classifier.heads import Heads
from loglm_bridge.model.classifier.rule_techniques import RuleTechniques
from tests.lab.tiny import TECHNIQUES, with_scales, with_verdict


def outcomes(tiny, rows, heads=None):
    features = tiny.features.take(np.asarray(rows))
    return (heads or tiny.heads).outcomes(features.vectors, features.grams, ["windows"] * len(features))


def comparable(outcome):
    return outcome.score, outcome.verdict, outcome.techniques, outcome.novelty, outcome.vector.tobytes()


def test_an_outcome_is_the_same_alone_and_in_any_batch(tiny):
    order = np.random.default_rng(2).integers(0, len(tiny.canonicals), 500)
    batch = outcomes(tiny, order)
    alone = {int(row): comparable(outcomes(tiny, [row])[0]) for row in set(order.tolist())}
    assert [comparable(outcome) for outcome in batch] == [alone[int(row)] for row in order]


def test_outcomes_are_well_formed(tiny):
    for outcome in outcomes(tiny, range(len(tiny.canonicals))):
        confidences = [c for _, c in outcome.techniques]
        assert 0.0 <= outcome.score <= 1.0
        assert 0.0 <= outcome.novelty <= 1.0
        assert len(confidences) == MAX_TOP
        assert confidences == sorted(confidences, reverse=True)
        assert {t for t, _ in outcome.techniques} <= set(TECHNIQUES)
        assert sum(confidences) <= 1.0 + 1e-5


def test_equal_confidences_are_ranked_in_order(tiny):
    flat = with_scales(tiny.heads, temperature=1e12)
    assert [t for t, _ in outcomes(tiny, [0], flat)[0].techniques] == list(TECHNIQUES[:MAX_TOP])


def test_the_gate_scales_confidence_by_the_score(tiny):
    (free,) = outcomes(tiny, [3], tiny.heads.with_config(gate=0.0))
    (gated,) = outcomes(tiny, [3], tiny.heads.with_config(gate=1.0))
    for (_, before), (_, after) in zip(free.techniques, gated.techniques, strict=True):
        assert after == pytest.approx(before * free.score, abs=2e-6)


@pytest.mark.parametrize(
    ("scored", "unknown", "verdict"),
    [
        ("malicious", 0.0, "malicious"),
        ("suspicious", 1.0, "suspicious"),
        ("benign", 1.0, "benign"),
        ("suspicious", -1.0, "unknown"),
        ("benign", -1.0, "unknown"),
        ("malicious", -1.0, "malicious"),
    ],
)
def test_the_verdict_follows_score_and_novelty(tiny, scored, unknown, verdict):
    heads = with_verdict(tiny.heads.with_config(unknown=unknown), scored)
    assert {o.verdict for o in outcomes(tiny, range(5), heads)} == {verdict}


def test_a_family_with_its_own_scale_is_scored_on_it(tiny):
    common = tiny.heads.config.scale("windows")
    own = with_verdict(tiny.heads, "malicious").config.scale("")
    heads = tiny.heads.with_config(scales={"": common, "flow": own})
    features = tiny.features.take(np.array([0, 0]))
    flow, other = heads.outcomes(features.vectors, features.grams, ["flow", "windows"])
    assert flow.score > other.score
    assert (flow.verdict, flow.vector.tobytes()) == ("malicious", other.vector.tobytes())
    assert comparable(other)[:1] == comparable(outcomes(tiny, [0])[0])[:1]


def test_rules_add_to_the_logits_of_their_techniques(tiny):
    features = tiny.features.take(np.arange(3))
    bucket = int(features.grams[1][0])
    rules = RuleTechniques.of([(bucket, 2, 30.0), (bucket, 0, 3.0)])
    heads = replace(tiny.heads, rule_techniques=rules)
    for grams, before, after in zip(
        features.grams, outcomes(tiny, range(3)), outcomes(tiny, range(3), heads), strict=True
    ):
        if bucket in grams:
            assert after.techniques[0][0] == TECHNIQUES[2]
        else:
            assert after.techniques == before.techniques


def test_the_bias_of_levels_is_added_to_the_logit(tiny):
    features = tiny.features.take(np.arange(3))
    bias = np.zeros_like(tiny.heads.level_bias)
    bias[features.grams[1][0]] = 6.0
    biased = replace(tiny.heads, level_bias=bias).malice_logits(features.vectors, features.grams)
    unbiased = tiny.heads.malice_logits(features.vectors, features.grams)
    counts = [np.sum(g == features.grams[1][0]) for g in features.grams]
    np.testing.assert_allclose(biased - unbiased, 6.0 * np.array(counts), atol=1e-5)


def test_the_maliciousness_net_is_bounded_and_keeps_its_order(tiny):
    net = tiny.heads.malice.logits(tiny.features.vectors, tiny.features.grams)[:, 0]
    bounded = tiny.heads.with_config(bound=0.5).malice_logits(tiny.features.vectors, tiny.features.grams)
    assert np.abs(bounded).max() <= 0.5
    assert (np.argsort(bounded, kind="stable") == np.argsort(net, kind="stable")).all()


def test_novelty_is_the_share_of_nearer_familiar_events(tiny):
    distance = float(tiny.heads.distances(tiny.features.vectors[:1])[0])
    quantiles = (distance - 0.3, distance - 0.2, distance - 0.1, distance + 0.1)
    assert outcomes(tiny, [0], tiny.heads.with_config(novelty_quantiles=quantiles))[0].novelty == 0.75


def test_an_untrained_log_family_is_unknown_unless_it_is_malicious(tiny):
    features = tiny.features.take(np.array([0]))
    for scored, verdict in (("benign", "unknown"), ("malicious", "malicious")):
        heads = with_verdict(tiny.heads.with_config(unknown=0.99), scored)
        (foreign,) = heads.outcomes(features.vectors, features.grams, ["a new product"])
        assert (foreign.novelty, foreign.verdict) == (1.0, verdict)


def test_the_distance_of_a_prototype_to_itself_is_zero(tiny):
    assert tiny.heads.distances(tiny.heads.prototypes).max() < 1e-6
    assert tiny.heads.distances(-tiny.heads.prototypes).max() <= 2.0


def test_heads_load_as_they_were_dumped(tiny):
    tensors, config = tiny.heads.dump()
    again = Heads.load(tensors, json.loads(config))
    assert again.dump() == (tensors, config)
    assert [comparable(o) for o in outcomes(tiny, range(9), again)] == [comparable(o) for o in outcomes(tiny, range(9))]


def without(tensors, name):
    arrays = load(tensors)
    return save({n: a for n, a in arrays.items() if n != name})


def test_truncated_or_incomplete_tensors_are_refused(tiny):
    tensors, text = tiny.heads.dump()
    config = json.loads(text)
    for name in load(tensors):
        with pytest.raises(ModelRefused, match="safetensors"):
            Heads.load(without(tensors, name), config)
    for data in (b"", tensors[:100], tensors[:-1], b"\x80\x04." + tensors):
        with pytest.raises(ModelRefused, match="safetensors"):
            Heads.load(data, config)


def test_another_number_of_techniques_is_refused(tiny):
    tensors, text = tiny.heads.dump()
    config = json.loads(text)
    with pytest.raises(ModelRefused, match="number of techniques"):
        Heads.load(tensors, {**config, "techniques": config["techniques"][1:]})


@pytest.mark.parametrize("name", ["technique.table", "malice.centre", "technique.hidden.levels", "malice.out.bias"])
def test_arrays_that_do_not_fit_together_are_refused(tiny, name):
    tensors, text = tiny.heads.dump()
    arrays = load(tensors)
    for wrong in (arrays[name][:-1], np.concatenate([arrays[name], arrays[name]])):
        with pytest.raises(ModelRefused, match="safetensors"):
            Heads.load(save({**arrays, name: np.ascontiguousarray(wrong)}), json.loads(text))


@pytest.mark.parametrize("name", ["prototypes", "technique.spread", "malice.out.scales"])
def test_numbers_that_are_not_finite_are_refused(tiny, name):
    tensors, text = tiny.heads.dump()
    arrays = load(tensors)
    with pytest.raises(ModelRefused, match="not finite"):
        Heads.load(save({**arrays, name: arrays[name] * np.float32("nan")}), json.loads(text))
