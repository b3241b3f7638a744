"""What is left out of the labels is measured, and only captures that show both classes."""

import numpy as np

from loglm_bridge.lab import transfer
from loglm_bridge.lab.corpus import Corpus, CorpusEvent
from loglm_bridge.lab.sequence_training import Reading
from loglm_bridge.model.steps import Step


def reading(malice):
    n = len(malice)
    return Reading([Step(0.0, "a", 1, "b", 2)] * n, np.zeros(n, int), np.zeros((1, 4)), np.array(malice), np.zeros(n))


def event(i, source, group, held_out=False):
    return CorpusEvent(str(i), source, group, 0, "", (), (), held_out)


def test_captures_of_both_classes_are_left_out_once_each():
    half = transfer.LEAST
    groups = ["mixed"] * 2 * half + ["one"] * half
    malice = [1.0] * half + [0.0] * half + [1.0] * half
    sample = [event(i, transfer.SAMPLE, "block", held_out=i % 2 == 0) for i in range(4)]
    events = [event(i, "captures", group) for i, group in enumerate(groups)] + sample
    told = reading([*malice, 0.0, 1.0, 0.0, 1.0])
    found = list(transfer.left_out(events, told, ~np.isnan(told.malice)))
    assert [name for name, _, _ in found] == [transfer.SAMPLE, "mixed"]
    (_, out, asked), (_, capture, measured) = found
    assert (out.sum(), asked.sum()) == (4, 2)
    assert capture.sum() == measured.sum() == 2 * half


def test_the_verdict_of_a_pair_is_that_of_its_worst_flow():
    told = reading([1.0, 0.0, 0.0])
    told.steps[2] = Step(0.0, "c", 1, "d", 2)

    made = Corpus([], [event(i, "s", "g") for i in range(3)])
    rows = np.arange(3)
    assert transfer._verdict_f1(made, told, rows, np.array([False, True, False])) == 1.0
    assert transfer._verdict_f1(made, told, rows, np.array([False, True, True])) == 2 / 3
