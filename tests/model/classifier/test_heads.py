"""The heads: answers blind to the batch, thresholds as calibrated, files that do not fit refused."""

import json
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load, save

from loglm_bridge.contract.errors import ModelRefused
from loglm_bridge.contract.limits import MAX_TOP
from loglm_bridge.lab.export import model_export
from loglm_bridge.lab.train.heads import fit_malice, predict
from loglm_bridge.lab.weak_labels.training_examples import Example
from loglm_bridge.model.classifier.head_config import HeadConfig
from loglm_bridge.model.classifier.heads import Heads
from tests.lab.tiny import SETTINGS, TECHNIQUES, recurved


def outcomes(tiny, rows, heads=None):
    features = tiny.features.take(np.asarray(rows))
    return (heads or tiny.heads).outcomes(features.vectors, features.grams, ["windows"] * len(features))


def plain(outcome):
    return outcome.score, outcome.verdict, outcome.techniques, outcome.novelty, outcome.vector.tobytes()


def test_an_answer_is_the_same_alone_and_in_any_batch(tiny):
    order = np.random.default_rng(2).integers(0, len(tiny.forms), 500)
    batch = outcomes(tiny, order)
    alone = {int(row): plain(outcomes(tiny, [row])[0]) for row in set(order.tolist())}
    assert [plain(outcome) for outcome in batch] == [alone[int(row)] for row in order]


def test_answers_are_well_formed(tiny):
    for outcome in outcomes(tiny, range(len(tiny.forms))):
        confidences = [c for _, c in outcome.techniques]
        assert 0.0 <= outcome.score <= 1.0
        assert 0.0 <= outcome.novelty <= 1.0
        assert len(confidences) == MAX_TOP
        assert confidences == sorted(confidences, reverse=True)
        assert {t for t, _ in outcome.techniques} <= set(TECHNIQUES)
        assert sum(confidences) <= 1.0 + 1e-5


def test_equal_confidences_are_ranked_by_their_place(tiny):
    flat = recurved(tiny.heads, temperature=1e12)
    assert [t for t, _ in outcomes(tiny, [0], flat)[0].techniques] == list(TECHNIQUES[:MAX_TOP])


def test_the_gate_scales_confidence_by_the_score(tiny):
    (free,) = outcomes(tiny, [3], tiny.heads.with_config(gate=0.0))
    (gated,) = outcomes(tiny, [3], tiny.heads.with_config(gate=1.0))
    for (_, before), (_, after) in zip(free.techniques, gated.techniques, strict=True):
        assert after == pytest.approx(before * free.score, abs=2e-6)


@pytest.mark.parametrize(
    ("malicious", "suspicious", "unknown", "verdict"),
    [
        (0.0, 0.0, 0.0, "malicious"),
        (2.0, 0.0, 1.0, "suspicious"),
        (2.0, 2.0, 1.0, "benign"),
        (2.0, 0.0, -1.0, "unknown"),
        (0.0, 0.0, -1.0, "malicious"),
    ],
)
def test_the_verdict_follows_the_thresholds(tiny, malicious, suspicious, unknown, verdict):
    heads = recurved(tiny.heads.with_config(unknown=unknown), malicious=malicious, suspicious=suspicious)
    assert {o.verdict for o in outcomes(tiny, range(5), heads)} == {verdict}


def test_a_score_at_the_threshold_counts(tiny):
    score = outcomes(tiny, [1])[0].score
    assert outcomes(tiny, [1], recurved(tiny.heads, malicious=score))[0].verdict == "malicious"


def test_a_family_with_a_curve_of_its_own_is_judged_by_it(tiny):
    common = tiny.heads.config.curve("windows")
    own = replace(common, offset=common.offset + 3.0, malicious=0.0)
    heads = tiny.heads.with_config(curves={"": replace(common, malicious=2.0), "flow": own})
    features = tiny.features.take(np.array([0, 0]))
    flow, other = heads.outcomes(features.vectors, features.grams, ["flow", "windows"])
    assert flow.score > other.score
    assert (flow.verdict, flow.vector.tobytes()) == ("malicious", other.vector.tobytes())
    assert other.verdict != "malicious"
    assert plain(other)[:1] == plain(outcomes(tiny, [0])[0])[:1]


def test_what_levels_say_is_added_to_the_logit(tiny):
    features = tiny.features.take(np.arange(3))
    say = np.zeros_like(tiny.heads.level_bias)
    say[features.grams[1][0]] = 6.0
    told = replace(tiny.heads, level_bias=say).malice_logits(features.vectors, features.grams)
    untold = tiny.heads.malice_logits(features.vectors, features.grams)
    times = [np.sum(g == features.grams[1][0]) for g in features.grams]
    np.testing.assert_allclose(told - untold, 6.0 * np.array(times), atol=1e-5)


def test_what_the_net_says_is_bounded_and_keeps_its_order(tiny):
    net = tiny.heads.malice.logits(tiny.features.vectors, tiny.features.grams)[:, 0]
    bounded = tiny.heads.with_config(bound=0.5).malice_logits(tiny.features.vectors, tiny.features.grams)
    assert np.abs(bounded).max() <= 0.5
    assert (np.argsort(bounded, kind="stable") == np.argsort(net, kind="stable")).all()


def test_novelty_is_the_share_of_familiar_events_that_lie_nearer(tiny):
    distance = float(tiny.heads.distances(tiny.features.vectors[:1])[0])
    steps = (distance - 0.3, distance - 0.2, distance - 0.1, distance + 0.1)
    assert outcomes(tiny, [0], tiny.heads.with_config(novelty_quantiles=steps))[0].novelty == 0.75


def test_a_log_family_that_training_did_not_show_is_unknown_unless_it_is_malicious(tiny):
    features = tiny.features.take(np.array([0]))
    for malicious, verdict in ((2.0, "unknown"), (0.0, "malicious")):
        heads = recurved(tiny.heads.with_config(unknown=0.99), malicious=malicious, suspicious=2.0)
        (foreign,) = heads.outcomes(features.vectors, features.grams, ["a new product"])
        assert (foreign.novelty, foreign.verdict) == (1.0, verdict)


def test_a_prototype_has_no_distance_to_itself(tiny):
    assert tiny.heads.distances(tiny.heads.prototypes).max() < 1e-6
    assert tiny.heads.distances(-tiny.heads.prototypes).max() <= 2.0


def test_serving_arithmetic_follows_the_trained_net(tiny):
    """The exported net against torch: int8 weights and inputs move logits by a little, never their order at large."""
    taught = [Example(f, {}, 0.0, float(i % 2), 1.0) for i, f in enumerate(tiny.forms)]
    trained = fit_malice(tiny.features, taught, SETTINGS)
    wanted = predict(trained, tiny.features)[:, 0]
    found = model_export.net(trained).logits(tiny.features.vectors, tiny.features.grams)[:, 0]
    assert np.abs(wanted - found).max() < 0.1 * max(1.0, np.abs(wanted).max())
    assert np.corrcoef(wanted, found)[0, 1] > 0.99


def test_heads_survive_their_files(tiny):
    tensors, config = tiny.heads.dump()
    again = Heads.load(tensors, json.loads(config))
    assert again.dump() == (tensors, config)
    assert [plain(o) for o in outcomes(tiny, range(9), again)] == [plain(o) for o in outcomes(tiny, range(9))]


def without(tensors, name):
    arrays = load(tensors)
    return save({n: a for n, a in arrays.items() if n != name})


def test_tensors_that_are_cut_short_or_incomplete_are_refused(tiny):
    tensors, text = tiny.heads.dump()
    config = json.loads(text)
    for name in load(tensors):
        with pytest.raises(ModelRefused, match="safetensors"):
            Heads.load(without(tensors, name), config)
    for data in (b"", tensors[:100], tensors[:-1], b"\x80\x04." + tensors):
        with pytest.raises(ModelRefused, match="safetensors"):
            Heads.load(data, config)


@pytest.mark.parametrize("key", sorted(HeadConfig.__dataclass_fields__))
def test_a_configuration_without_a_key_is_refused(tiny, key):
    tensors, text = tiny.heads.dump()
    config = json.loads(text)
    with pytest.raises(ModelRefused, match=r"heads\.json"):
        Heads.load(tensors, {k: v for k, v in config.items() if k != key})
    with pytest.raises(ModelRefused, match=r"heads\.json"):
        Heads.load(tensors, {**config, key: "a word"})


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
    arrays, config = load(tensors), json.loads(text)
    with pytest.raises(ModelRefused, match="not finite"):
        Heads.load(save({**arrays, name: arrays[name] * np.float32("nan")}), config)
    with pytest.raises(ModelRefused, match="not finite"):
        Heads.load(tensors, {**config, "unknown": float("nan")})
    broken = {"": {**config["curves"][""], "slope": float("inf")}}
    with pytest.raises(ModelRefused, match="not finite"):
        Heads.load(tensors, {**config, "curves": broken})
    with pytest.raises(ModelRefused, match="without their own"):
        Heads.load(tensors, {**config, "curves": {"flow": config["curves"][""]}})
