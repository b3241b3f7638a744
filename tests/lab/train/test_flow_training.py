"""Flow trees learn from windows of all lengths; sources have their weights; unlabelled flows are not used."""

from dataclasses import replace

import numpy as np
import pytest

from loglm_bridge.lab.synthetic_flows.malicious import MALICIOUS
from loglm_bridge.lab.train import flow_training as stage
from loglm_bridge.lab.train.flow_training import FlowSettings, LabelledFlows
from loglm_bridge.model.flow.flow_event import FlowEvent
from loglm_bridge.model.flow.flow_features import FEATURES
from loglm_bridge.model.flow.flow_trees import FlowTrees

TECHNIQUES = tuple(sorted(set(MALICIOUS.values())))
SETTINGS = FlowSettings(synthetic=60, rounds=20, technique_rounds=5, copies={"pair": 2, "source": 1})


def flow(time, src, dest, size, port):
    return FlowEvent(time, src, 50_000, dest, port, (size, 4 * size, 4, 5, 20_000))


@pytest.fixture(scope="module")
def labelled():
    """Forty pairs: the malicious half repeats the same small request, the other half has many sizes."""
    rng = np.random.default_rng(1)
    flows, units = [], []
    for pair in range(40):
        sizes = [90] * 12 if pair % 2 else rng.integers(200, 90_000, 12).tolist()
        flows += [flow(10.0 * i, f"10.0.0.{pair}", "203.0.113.1", size, 443) for i, size in enumerate(sizes)]
        units += [pair] * 12
    malice = np.array(units) % 2 * 1.0
    technique = np.where(malice == 1, TECHNIQUES.index("T1071.001"), -1)
    return LabelledFlows(flows, np.array(units), np.array(["net"] * len(units)), malice, technique, TECHNIQUES)


@pytest.fixture(scope="module")
def windows():
    pairs = [range(12 * pair, 12 * pair + 12) for pair in range(40)]
    return {"pair": pairs, "source": [range(24 * i, 24 * i + 24) for i in range(20)]}


@pytest.fixture(scope="module")
def first(windows):
    """The windows of the first thirty pairs."""
    return {"pair": windows["pair"][:30], "source": windows["source"][:15]}


@pytest.fixture(scope="module")
def model(labelled, first):
    return stage.fit(labelled, first, SETTINGS)


def test_the_trees_generalise_to_other_pairs(model, labelled, windows):
    logits = stage.logits(FlowTrees(model, len(TECHNIQUES)), labelled, windows["pair"][30:])
    assert np.isnan(logits[:360]).all()
    malice, malicious = logits[360:, 0], labelled.malice[360:] == 1
    assert malice[malicious].min() > malice[~malicious].max()
    assert set(logits[360:][malicious][:, 1:].argmax(axis=1)) == {TECHNIQUES.index("T1071.001")}


def test_the_same_seed_gives_the_same_trees(model, labelled, first):
    assert stage.fit(labelled, first, SETTINGS) == model
    assert stage.fit(labelled, first, replace(SETTINGS, seed=2)) != model


def test_without_labels_the_trees_learn_from_synthetic_flows(labelled, windows):
    unlabelled = replace(labelled, malice=np.full(480, np.nan), technique=np.full(480, -1))
    trees = FlowTrees(stage.fit(unlabelled, windows, SETTINGS), len(TECHNIQUES))
    scan = [FlowEvent(0.01 * i, "a", 40_000, "b", 1 + 7 * i, (0, 0, 1, 1, 20)) for i in range(60)]
    logits = stage.logits(trees, replace(labelled, flows=scan), [range(60)])
    assert (logits[:, 0] > 0).all()


def test_flows_of_one_class_are_an_error(labelled, windows):
    benign = replace(labelled, malice=np.zeros(480), technique=np.full(480, -1))
    with pytest.raises(ValueError, match="both classes"):
        stage.fit(benign, windows, replace(SETTINGS, synthetic=0))


def test_a_source_has_its_weight_and_less_with_few_units(labelled, windows):
    rng = np.random.default_rng(1)
    settings = replace(SETTINGS, weights={"net": 0.5})
    examples = stage._labelled_examples(labelled, windows, settings, rng)
    assert examples.weights.sum() == pytest.approx(0.5 * 40 / stage._FULL_WEIGHT_UNITS)
    synthetic = stage._synthetic_examples(settings, TECHNIQUES, rng)
    assert synthetic.weights.sum() == pytest.approx(settings.synthetic_weight)


def test_every_flow_is_used_alone_and_by_every_key_in_its_window_and_in_parts_of_it(labelled, windows):
    examples = stage._labelled_examples(labelled, windows, SETTINGS, np.random.default_rng(1))
    flows = examples.features[:, FEATURES.index("flows")].reshape(-1, 480)
    assert len(flows) == 1 + (1 + 2) + (1 + 1)
    assert set(flows[0]) == {12}
    assert set(flows[1]) == {1}
    assert set(flows[4]) == {24}


def test_windows_are_cut_into_parts_of_every_length():
    rng = np.random.default_rng(1)
    lengths = set()
    for _ in range(200):
        parts = list(stage._parts(range(12), rng))
        assert [event for part in parts for event in part] == list(range(12))
        lengths.add(max(map(len, parts)))
    assert lengths == set(range(1, 13))


def test_the_classes_of_addresses_are_hidden_from_the_trees_alone(labelled, windows):
    rng = np.random.default_rng(1)
    examples = stage._labelled_examples(labelled, windows, SETTINGS, rng)
    before = examples.features.copy()
    stage._fit_boosted(examples, examples.malice, SETTINGS, 1, 4, rng)
    assert (examples.features == before).all()
    assert (before[:, FEATURES.index("src_kind")] == 1).all()
