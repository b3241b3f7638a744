"""Trees of flows learn in windows of all lengths; sources weigh as they are told; what is blank teaches nothing."""

from dataclasses import replace

import numpy as np
import pytest

from loglm_bridge.lab.synthetic_flows.malicious import HOSTILE
from loglm_bridge.lab.train import flow_training as stage
from loglm_bridge.lab.train.flow_training import FlowSettings, Reading
from loglm_bridge.model.flow.flow_event import FlowEvent
from loglm_bridge.model.flow.flow_features import FEATURES
from loglm_bridge.model.flow.flow_trees import FlowTrees

TECHNIQUES = tuple(sorted(set(HOSTILE.values())))
TOLD = FlowSettings(rendered=60, rounds=20, technique_rounds=5, copies={"pair": 2, "source": 1})


def flow(time, src, dest, size, port):
    return FlowEvent(time, src, 50_000, dest, port, (size, 4 * size, 4, 5, 20_000))


@pytest.fixture(scope="module")
def reading():
    """Forty pairs: the hostile half asks the same small thing again and again, the other half many sizes."""
    rng = np.random.default_rng(1)
    steps, units = [], []
    for pair in range(40):
        sizes = [90] * 12 if pair % 2 else rng.integers(200, 90_000, 12).tolist()
        steps += [flow(10.0 * i, f"10.0.0.{pair}", "203.0.113.1", size, 443) for i, size in enumerate(sizes)]
        units += [pair] * 12
    malice = np.array(units) % 2 * 1.0
    technique = np.where(malice == 1, TECHNIQUES.index("T1071.001"), -1)
    return Reading(steps, np.array(units), np.array(["net"] * len(units)), malice, technique, TECHNIQUES)


@pytest.fixture(scope="module")
def windows():
    pairs = [range(12 * pair, 12 * pair + 12) for pair in range(40)]
    return {"pair": pairs, "source": [range(24 * i, 24 * i + 24) for i in range(20)]}


@pytest.fixture(scope="module")
def first(windows):
    """The windows of the first thirty pairs."""
    return {"pair": windows["pair"][:30], "source": windows["source"][:15]}


@pytest.fixture(scope="module")
def model(reading, first):
    return stage.fit(reading, first, TOLD)


def test_what_was_learned_holds_for_pairs_that_were_not_shown(model, reading, windows):
    found = stage.logits(FlowTrees(model, len(TECHNIQUES)), reading, windows["pair"][30:])
    assert np.isnan(found[:360]).all()
    said, wanted = found[360:, 0], reading.malice[360:] == 1
    assert said[wanted].min() > said[~wanted].max()
    assert set(found[360:][wanted][:, 1:].argmax(axis=1)) == {TECHNIQUES.index("T1071.001")}


def test_the_same_seed_learns_the_same(model, reading, first):
    assert stage.fit(reading, first, TOLD) == model
    assert stage.fit(reading, first, replace(TOLD, seed=2)) != model


def test_rendered_flows_alone_teach_what_no_label_does(reading, windows):
    blank = replace(reading, malice=np.full(480, np.nan), technique=np.full(480, -1))
    trees = FlowTrees(stage.fit(blank, windows, TOLD), len(TECHNIQUES))
    scan = [FlowEvent(0.01 * i, "a", 40_000, "b", 1 + 7 * i, (0, 0, 1, 1, 20)) for i in range(60)]
    read = replace(reading, steps=scan)
    found = stage.logits(trees, replace(read, steps=scan), [range(60)])
    assert (found[:, 0] > 0).all()


def test_without_hostile_flows_there_is_nothing_to_learn(reading, windows):
    ordinary = replace(reading, malice=np.zeros(480), technique=np.full(480, -1))
    with pytest.raises(ValueError, match="both classes"):
        stage.fit(ordinary, windows, replace(TOLD, rendered=0))


def test_a_source_weighs_as_it_is_told_and_few_units_weigh_less(reading, windows):
    rng = np.random.default_rng(1)
    told = replace(TOLD, weights={"net": 0.5})
    shown = stage._shown(reading, windows, told, rng)
    assert shown.weights.sum() == pytest.approx(0.5 * 40 / stage._MANY)
    assert stage._drawn(told, TECHNIQUES, rng).weights.sum() == pytest.approx(told.rendered_weight)


def test_every_flow_is_shown_alone_and_by_every_key_in_its_window_and_in_parts_of_it(reading, windows):
    shown = stage._shown(reading, windows, TOLD, np.random.default_rng(1))
    flows = shown.features[:, FEATURES.index("flows")].reshape(-1, 480)
    assert len(flows) == 1 + (1 + 2) + (1 + 1)
    assert set(flows[0]) == {12}
    assert set(flows[1]) == {1}
    assert set(flows[4]) == {24}


def test_windows_are_shown_in_parts_of_every_length():
    rng = np.random.default_rng(1)
    lengths = set()
    for _ in range(200):
        parts = list(stage._parts(range(12), rng))
        assert [event for part in parts for event in part] == list(range(12))
        lengths.add(max(map(len, parts)))
    assert lengths == set(range(1, 13))


def test_the_classes_of_addresses_are_withheld_at_times(reading, windows):
    rng = np.random.default_rng(1)
    shown = stage._shown(reading, windows, TOLD, rng)
    before = shown.features.copy()
    stage._boosted(shown, shown.malice, TOLD, 1, 4, rng)
    assert (shown.features == before).all()  # only what the trees see
    assert (before[:, FEATURES.index("src_kind")] == 1).all()
