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
    names = [name for name, _, _ in found]
    assert names[0] == transfer.SAMPLE
    assert names[-1] == "mixed"
    assert len(names) == 2 + len(transfer.SHOTS)
    (_, out, asked), (_, capture, measured) = found[0], found[-1]
    assert (out.sum(), asked.sum()) == (4, 2)
    assert capture.sum() == measured.sum() == 2 * half


def test_the_verdict_of_a_pair_is_that_of_its_worst_flow():
    told = reading([1.0, 0.0, 0.0])
    told.steps[2] = Step(0.0, "c", 1, "d", 2)

    made = Corpus([], [event(i, "s", "g") for i in range(3)])
    rows = np.arange(3)
    assert transfer._verdict_f1(made, told, rows, np.array([False, True, False])) == 1.0
    assert transfer._verdict_f1(made, told, rows, np.array([False, True, True])) == 2 / 3


def test_few_pairs_are_shown_of_each_class():
    steps = [Step(0.0, "a", 1, str(i // 3), 2) for i in range(60)]
    told = Reading(steps, np.zeros(60, int), np.zeros((1, 4)), np.arange(60) // 30 * 1.0, np.zeros(60))
    events = [event(i, transfer.SAMPLE, "g") for i in range(60)]
    shown = transfer.few(events, told, np.arange(60), 2)
    assert shown.sum() == 12
    assert shown[:30].sum() == shown[30:].sum() == 6
    assert (transfer.few(events, told, np.arange(30), 5)[30:] == 0).all()
