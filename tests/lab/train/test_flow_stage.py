"""Calibration of flows: each is judged by trees that never saw its recording, and whole pairs set the threshold."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.lab.synthetic_flows.malicious import HOSTILE
from loglm_bridge.lab.train import flow_stage
from loglm_bridge.lab.train.flow_training import FlowSettings, Reading
from loglm_bridge.lab.train.thresholds import Budget
from loglm_bridge.model.flow.flow_event import FlowEvent

TOLD = FlowSettings(rendered=20, rounds=5, technique_rounds=2, copies={"pair": 1})


def reading(malice, units, technique=None):
    steps = [
        FlowEvent(float(i), "10.0.0.1", 50_000, "203.0.113.1", 443, (90 * i, 10, 2, 2, 100)) for i in range(len(malice))
    ]
    technique = np.full(len(malice), -1) if technique is None else technique
    return Reading(
        steps,
        np.array(units),
        np.array(["s"] * len(malice)),
        np.array(malice),
        technique,
        tuple(sorted(set(HOSTILE.values()))),
    )


def test_labels_of_a_recording_do_not_change_what_is_said_of_it():
    groups = np.array([f"block {i // 5}" for i in range(60)])
    windows = {"pair": [range(start, start + 10) for start in range(0, 60, 10)]}
    told = reading(np.arange(60) % 2 * 1.0, np.arange(60) // 5)
    own = groups == "block 3"
    turned = replace(told, malice=np.where(own, 1 - told.malice, told.malice))
    one, other = (flow_stage.unseen(r, windows, groups, TOLD) for r in (told, turned))
    assert not np.isnan(one).any()
    assert np.array_equal(one[own], other[own])


def test_windows_of_a_fold_hold_nothing_of_the_others():
    kept = np.array([True, False, True, False, False])
    found = flow_stage.within({"pair": [[0, 1, 2], [3, 4]], "source": [[1, 2, 3, 4]]}, kept)
    assert found == {"pair": [[0, 2]], "source": [[2]]}


@given(
    st.lists(st.tuples(st.integers(-9, 9).map(float), st.booleans()), min_size=2).filter(lambda u: any(h for _, h in u))
)
def test_no_threshold_serves_units_better(units):
    strongest, hostile = np.array([s for s, _ in units]), np.array([h for _, h in units])

    def f1(limit):
        flagged = strongest >= limit
        return 2 * (flagged & hostile).sum() / (flagged.sum() + hostile.sum())

    assert f1(flow_stage.threshold(strongest, hostile)) == pytest.approx(max(map(f1, strongest)))


def test_the_threshold_is_the_middle_of_the_widest_gap_among_the_best():
    hostile = np.array([True, True, False, False])
    assert flow_stage.threshold(np.array([8.0, 6.0, 2.0, 1.0]), hostile) == 4.0
    # all but the last hostile unit above 5, or all with one false: both are right as often
    strongest = np.array([9.0, 8.0, 7.5, 3.0, 2.5, 0.0])
    assert flow_stage.threshold(strongest, np.array([True, True, True, False, False, False])) == 5.25


def test_a_units_strongest_flow_speaks_for_it():
    strongest, hostile = flow_stage.by_unit(
        np.array([7, 7, 3]), np.array([1.0, 5.0, 2.0]), np.array([True, False, False])
    )
    assert strongest.tolist() == [2.0, 5.0]
    assert hostile.tolist() == [False, True]


def test_the_curve_tells_hostile_from_ordinary():
    malice = np.repeat([1.0, 0.0], 50)
    rng = np.random.default_rng(1)
    logits = np.stack([np.where(malice == 1, 4.0, -4.0) + rng.normal(size=100), np.zeros(100)], axis=1)
    logits[0] = np.nan
    curve = flow_stage.flow_curve(reading(malice, np.arange(100)), logits, Budget())
    scores = 1 / (1 + np.exp(-(curve.slope * logits[1:, 0] + curve.offset)))
    assert ((scores >= curve.malicious) == (malice[1:] == 1)).mean() > 0.95
    assert curve.suspicious <= curve.malicious


def test_where_a_networks_flows_are_known_captures_do_not_move_the_curve():
    malice, logits = np.tile([1.0, 0.0], 50), np.tile([[3.0, 0.0], [-3.0, 0.0]], (50, 1))
    logits[:, 0] += np.random.default_rng(1).normal(size=100)
    told = replace(reading(malice, np.arange(100)), sources=np.repeat([flow_stage.NETWORK, "captures"], 50))
    turned = np.where(np.arange(100)[:, None] < 50, logits, -logits)
    assert flow_stage.flow_curve(told, logits, Budget()) == flow_stage.flow_curve(told, turned, Budget())


def test_one_class_alone_gives_a_neutral_curve():
    curve = flow_stage.flow_curve(reading(np.zeros(4), np.arange(4)), np.zeros((4, 2)), Budget())
    assert (curve.slope, curve.offset, curve.malicious) == (1.0, 0.0, 0.5)
