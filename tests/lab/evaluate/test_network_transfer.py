"""Transfer to other networks: labels that are left out are measured, and captures need both classes."""

import numpy as np

from loglm_bridge.lab.data.corpus import CorpusEvent
from loglm_bridge.lab.evaluate import network_transfer
from loglm_bridge.lab.train.flow_training import LabelledFlows
from loglm_bridge.model.flow.flow_event import FlowEvent


def labelled_flows(malice, units=None):
    n = len(malice)
    units = np.zeros(n, int) if units is None else np.array(units)
    flows, sources = [FlowEvent(0.0, "a", 1, "b", 2)] * n, np.array(["s"] * n)
    return LabelledFlows(flows, units, sources, np.array(malice), np.full(n, -1))


def event(i, source, group, held_out=False):
    return CorpusEvent(str(i), source, group, 0, "", (), (), held_out)


def test_captures_of_both_classes_are_left_out_once_each():
    half = network_transfer.MIN_FLOWS
    groups = ["mixed"] * 2 * half + ["one"] * half
    malice = [1.0] * half + [0.0] * half + [1.0] * half
    sample = [event(i, network_transfer.SAMPLE, "block", held_out=i % 2 == 0) for i in range(4)]
    events = [event(i, "captures", group) for i, group in enumerate(groups)] + sample
    labelled = labelled_flows([*malice, 0.0, 1.0, 0.0, 1.0])
    parts = list(network_transfer.left_out(events, labelled, ~np.isnan(labelled.malice)))
    names = [name for name, _, _ in parts]
    assert names[0] == network_transfer.SAMPLE
    assert names[-1] == "mixed"
    assert len(names) == 2 + len(network_transfer.SHOTS)
    (_, excluded, tested), (_, capture, measured) = parts[0], parts[-1]
    assert (excluded.sum(), tested.sum()) == (4, 2)
    assert capture.sum() == measured.sum() == 2 * half


def test_the_verdict_of_a_pair_is_that_of_its_strongest_flow():
    labelled, rows = labelled_flows([1.0, 0.0, 0.0, 0.0], [0, 0, 1, 2]), np.arange(4)
    assert network_transfer.best_verdict_f1(labelled, np.array([0.1, 0.9, 0.5, 0.2]), rows) == 1.0
    assert network_transfer.best_verdict_f1(labelled, np.array([0.1, 0.4, 0.5, 0.2]), rows) == 2 / 3


def test_a_few_pairs_of_each_class_are_chosen():
    labelled = labelled_flows(np.arange(60) // 30 * 1.0, np.arange(60) // 3)
    chosen = network_transfer.few_pairs(labelled, np.arange(60), 2)
    assert chosen.sum() == 12
    assert chosen[:30].sum() == chosen[30:].sum() == 6
    assert (network_transfer.few_pairs(labelled, np.arange(30), 5)[30:] == 0).all()
