"""Calibration of flows: trees of other recordings score each flow, and whole pairs determine the threshold."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.lab.synthetic_flows.malicious import MALICIOUS
from loglm_bridge.lab.train import flow_stage
from loglm_bridge.lab.train.flow_training import FlowSettings, LabelledFlows
from loglm_bridge.lab.train.thresholds import Budget
from loglm_bridge.model.classifier.score_scale import MALICIOUS as MALICIOUS_SCORE
from loglm_bridge.model.classifier.score_scale import NEUTRAL
from loglm_bridge.model.flow.flow_event import FlowEvent

SETTINGS = FlowSettings(synthetic=20, rounds=5, technique_rounds=2, copies={"pair": 1})


def labelled_flows(malice, units, technique=None):
    flows = [
        FlowEvent(float(i), "10.0.0.1", 50_000, "203.0.113.1", 443, (90 * i, 10, 2, 2, 100)) for i in range(len(malice))
    ]
    technique = np.full(len(malice), -1) if technique is None else technique
    return LabelledFlows(
        flows,
        np.array(units),
        np.array(["s"] * len(malice)),
        np.array(malice),
        technique,
        tuple(sorted(set(MALICIOUS.values()))),
    )


def test_the_labels_of_a_recording_do_not_change_its_own_logits():
    groups = np.array([f"block {i // 5}" for i in range(60)])
    windows = {"pair": [range(start, start + 10) for start in range(0, 60, 10)]}
    labelled = labelled_flows(np.arange(60) % 2 * 1.0, np.arange(60) // 5)
    own = groups == "block 3"
    inverted = replace(labelled, malice=np.where(own, 1 - labelled.malice, labelled.malice))
    one, other = (flow_stage.cross_validated_logits(flows, windows, groups, SETTINGS) for flows in (labelled, inverted))
    assert not np.isnan(one).any()
    assert np.array_equal(one[own], other[own])


def test_restricted_windows_hold_the_events_of_the_mask_alone():
    mask = np.array([True, False, True, False, False])
    windows = flow_stage.restrict({"pair": [[0, 1, 2], [3, 4]], "source": [[1, 2, 3, 4]]}, mask)
    assert windows == {"pair": [[0, 2]], "source": [[2]]}


@given(
    st.lists(st.tuples(st.integers(-9, 9).map(float), st.booleans()), min_size=2).filter(lambda u: any(h for _, h in u))
)
def test_no_threshold_has_a_better_f1(units):
    strongest, malicious = np.array([s for s, _ in units]), np.array([h for _, h in units])

    def f1(limit):
        flagged = strongest >= limit
        return 2 * (flagged & malicious).sum() / (flagged.sum() + malicious.sum())

    assert f1(flow_stage.best_f1_threshold(strongest, malicious)) == pytest.approx(max(map(f1, strongest)))


def test_of_equal_thresholds_the_middle_of_the_widest_gap_is_chosen():
    malicious = np.array([True, True, False, False])
    assert flow_stage.best_f1_threshold(np.array([8.0, 6.0, 2.0, 1.0]), malicious) == 4.0
    # above 5 the last malicious unit is missed, above 0 there is a false alarm: the F1 is the same
    strongest = np.array([9.0, 8.0, 7.5, 3.0, 2.5, 0.0])
    assert flow_stage.best_f1_threshold(strongest, np.array([True, True, True, False, False, False])) == 5.25


def test_a_unit_has_the_logit_of_its_strongest_flow():
    strongest, malicious = flow_stage.by_unit(
        np.array([7, 7, 3]), np.array([1.0, 5.0, 2.0]), np.array([True, False, False])
    )
    assert strongest.tolist() == [2.0, 5.0]
    assert malicious.tolist() == [False, True]


def test_the_scale_separates_malicious_from_benign_flows():
    malice = np.repeat([1.0, 0.0], 50)
    rng = np.random.default_rng(1)
    logits = np.stack([np.where(malice == 1, 4.0, -4.0) + rng.normal(size=100), np.zeros(100)], axis=1)
    logits[0] = np.nan
    scale = flow_stage.flow_scale(labelled_flows(malice, np.arange(100)), logits, Budget())
    assert ((scale.scores(logits[1:, 0]) >= MALICIOUS_SCORE) == (malice[1:] == 1)).mean() > 0.95


def test_if_flows_of_a_network_are_labelled_captures_do_not_change_the_scale():
    malice, logits = np.tile([1.0, 0.0], 50), np.tile([[3.0, 0.0], [-3.0, 0.0]], (50, 1))
    logits[:, 0] += np.random.default_rng(1).normal(size=100)
    labelled = replace(labelled_flows(malice, np.arange(100)), sources=np.repeat([flow_stage.NETWORK, "captures"], 50))
    inverted = np.where(np.arange(100)[:, None] < 50, logits, -logits)
    assert flow_stage.flow_scale(labelled, logits, Budget()) == flow_stage.flow_scale(labelled, inverted, Budget())


def test_one_class_alone_gives_a_neutral_scale():
    scale = flow_stage.flow_scale(labelled_flows(np.zeros(4), np.arange(4)), np.zeros((4, 2)), Budget())
    assert scale == NEUTRAL
