"""What is left out of the labels is measured, and only captures that show both classes."""

import numpy as np

from loglm_bridge.lab.data.corpus import CorpusEvent
from loglm_bridge.lab.evaluate import network_transfer
from loglm_bridge.lab.train.flow_training import Reading
from loglm_bridge.model.flow.flow_event import FlowEvent


def reading(malice, units=None):
    n = len(malice)
    units = np.zeros(n, int) if units is None else np.array(units)
    return Reading([FlowEvent(0.0, "a", 1, "b", 2)] * n, units, np.array(["s"] * n), np.array(malice), np.full(n, -1))


def event(i, source, group, held_out=False):
    return CorpusEvent(str(i), source, group, 0, "", (), (), held_out)


def test_captures_of_both_classes_are_left_out_once_each():
    half = network_transfer.LEAST
    groups = ["mixed"] * 2 * half + ["one"] * half
    malice = [1.0] * half + [0.0] * half + [1.0] * half
    sample = [event(i, network_transfer.SAMPLE, "block", held_out=i % 2 == 0) for i in range(4)]
    events = [event(i, "captures", group) for i, group in enumerate(groups)] + sample
    told = reading([*malice, 0.0, 1.0, 0.0, 1.0])
    found = list(network_transfer.left_out(events, told, ~np.isnan(told.malice)))
    names = [name for name, _, _ in found]
    assert names[0] == network_transfer.SAMPLE
    assert names[-1] == "mixed"
    assert len(names) == 2 + len(network_transfer.SHOTS)
    (_, out, asked), (_, capture, measured) = found[0], found[-1]
    assert (out.sum(), asked.sum()) == (4, 2)
    assert capture.sum() == measured.sum() == 2 * half


def test_the_verdict_of_a_pair_is_that_of_its_worst_flow():
    told, rows = reading([1.0, 0.0, 0.0, 0.0], [0, 0, 1, 2]), np.arange(4)
    assert network_transfer._verdict_f1(told, np.array([0.1, 0.9, 0.5, 0.2]), rows) == 1.0
    assert network_transfer._verdict_f1(told, np.array([0.1, 0.4, 0.5, 0.2]), rows) == 2 / 3


def test_few_pairs_are_shown_of_each_class():
    told = reading(np.arange(60) // 30 * 1.0, np.arange(60) // 3)
    shown = network_transfer.few(told, np.arange(60), 2)
    assert shown.sum() == 12
    assert shown[:30].sum() == shown[30:].sum() == 6
    assert (network_transfer.few(told, np.arange(30), 5)[30:] == 0).all()
