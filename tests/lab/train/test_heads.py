"""Training of heads: the nets learn the targets, weights count, the same seed gives the same net."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from loglm_bridge.lab.export import model_export
from loglm_bridge.lab.train.features import Features
from loglm_bridge.lab.train.heads import NetSettings, fit_malice, fit_techniques, parent_matrix, predict, tensors
from loglm_bridge.lab.weak_labels.training_examples import Example
from loglm_bridge.telemetry import CanonicalEvent

SETTINGS = NetSettings(bag=8, hidden=16, epochs=30, batch=32, seed=5)
EVENT = CanonicalEvent("f", "k", ())


@pytest.fixture(scope="module")
def features():
    """Two hundred events of four kinds, in pairs that differ by their vector and by one gram."""
    rng = np.random.default_rng(0)
    kinds = np.arange(200) % 4
    vectors = rng.normal(size=(200, 6)).astype(np.float32)
    vectors[:, 0] += 4.0 * (kinds % 2)
    bags = [np.sort(np.append(rng.integers(100, 60_000, 5), 7 + k // 2)).astype(np.int32) for k in kinds]
    return Features(vectors, bags)


def test_the_malice_net_learns_from_vector_and_grams(features):
    attack = [i % 4 == 3 for i in range(200)]
    examples = [Example(EVENT, malice=float(a), malice_weight=1.0) for a in attack]
    logits = predict(fit_malice(features, examples, SETTINGS), features)[:, 0]
    assert ((logits > 0) == attack).mean() > 0.95


def test_events_of_unknown_malice_have_no_effect(features):
    known = [Example(EVENT, malice=float(i % 2), malice_weight=1.0) for i in range(100)]
    unknown = [Example(EVENT, malice=None, malice_weight=9.0), Example(EVENT, malice=1.0, malice_weight=0.0)] * 50
    whole = fit_malice(features, known + unknown, SETTINGS)
    alone = fit_malice(features.take(np.arange(100)), known, SETTINGS)
    assert predict(whole, features).tobytes() == predict(alone, features).tobytes()


def test_the_technique_net_ranks_the_target_first(features):
    labels = ["T0", "T1", "T2", "T3"]
    examples = [Example(EVENT, {labels[i % 4]: 1.0}, 1.0) for i in range(200)]
    best = predict(fit_techniques(features, examples, labels, SETTINGS), features).argmax(1)
    assert (best == np.arange(200) % 4).mean() > 0.85


def test_of_two_contradicting_examples_the_heavier_wins():
    features = Features(np.zeros((40, 3), np.float32), [np.array([5], np.int32)] * 40)
    examples = [Example(EVENT, {"A": 1.0} if i % 2 else {"B": 1.0}, 1.0 if i % 2 else 0.1) for i in range(40)]
    logits = predict(fit_techniques(features, examples, ["A", "B"], SETTINGS), features)
    assert (logits[:, 0] > logits[:, 1]).all()


def test_the_same_seed_gives_the_same_net(features):
    examples = [Example(EVENT, malice=float(i % 2), malice_weight=1.0) for i in range(200)]
    logits = [predict(fit_malice(features, examples, SETTINGS), features).tobytes() for _ in range(2)]
    assert logits[0] == logits[1]


def test_a_prediction_does_not_depend_on_the_batch(features):
    examples = [Example(EVENT, malice=float(i % 2), malice_weight=1.0) for i in range(200)]
    net = fit_malice(features, examples, SETTINGS)
    assert np.allclose(predict(net, features, batch=7), predict(net, features), atol=1e-5)


def test_features_are_cut_into_flat_grams_and_offsets(features):
    chosen = features.take(np.array([5, 0, 9]))
    vectors, flat, offsets = tensors(chosen, np.array([2, 0]))
    assert len(chosen) == 3
    assert torch.equal(vectors, torch.from_numpy(features.vectors[[9, 5]]))
    assert flat.tolist() == [*features.grams[9], *features.grams[5]]
    assert offsets.tolist() == [0, len(features.grams[9])]


def test_an_ensemble_is_the_mean_of_its_members_also_when_served(features):
    examples = [Example(EVENT, malice=float(i % 4 == 3), malice_weight=1.0) for i in range(200)]
    whole = fit_malice(features, examples, replace(SETTINGS, members=3, grams_only=1))
    parts = np.stack([predict(member, features) for member in whole.members])
    assert np.abs(parts[0] - parts[1]).max() > 0.01
    assert np.allclose(parts.mean(0), predict(whole, features), atol=1e-5)
    served = model_export.to_net(whole).logits(features.vectors, features.grams)
    assert np.corrcoef(served[:, 0], predict(whole, features)[:, 0])[0, 1] > 0.999


def test_a_member_with_grams_only_does_not_depend_on_the_vector(features):
    examples = [Example(EVENT, malice=float(i % 2), malice_weight=1.0) for i in range(200)]
    other = Features(features.vectors[::-1].copy(), features.grams)
    grams_only = fit_malice(features, examples, replace(SETTINGS, members=1, grams_only=1))
    assert predict(grams_only, features).tobytes() == predict(grams_only, other).tobytes()
    both = fit_malice(features, examples, SETTINGS)
    assert predict(both, features).tobytes() != predict(both, other).tobytes()


def test_sub_techniques_share_their_parent():
    assert parent_matrix(["T1", "T1.002", "T2.001", "T1.001"]).tolist() == [[1, 0], [1, 0], [0, 1], [1, 0]]


def test_the_weight_of_parents_changes_the_logits_and_keeps_the_ranking(features):
    labels = ["T1.001", "T1.002", "T2"]
    examples = [Example(EVENT, {labels[(0, 1, 2, 2)[i % 4]]: 1.0}, 1.0) for i in range(200)]
    logits = [
        predict(fit_techniques(features, examples, labels, replace(SETTINGS, parents=p)), features) for p in (0.0, 0.5)
    ]
    assert logits[0].tobytes() != logits[1].tobytes()
    assert all((one.argmax(1) == np.array([0, 1, 2, 2] * 50)).mean() > 0.85 for one in logits)
