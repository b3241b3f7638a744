"""Batches: every event once, within the budget, padded with the filler."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.lab.train.token_batches import by_length, pad
from loglm_bridge.model.features.tokenizer import Encoded

FILLER = 0


def encoded(lengths):
    return [Encoded(np.arange(1, n + 1, dtype=np.int32), np.full(n, 7, np.int32), False) for n in lengths]


@given(st.lists(st.integers(1, 40), max_size=60), st.one_of(st.none(), st.integers(0, 99)))
def test_every_event_comes_once_within_the_budget(lengths, seed):
    events = encoded(lengths)
    batches = list(by_length(events, 64, FILLER, None if seed is None else random.Random(seed)))
    assert sorted(r for b in batches for r in b.rows.tolist()) == list(range(len(events)))
    for batch in batches:
        assert batch.ids.numel() <= 64
        for row, ids, fields in zip(batch.rows, batch.ids.numpy(), batch.fields.numpy(), strict=True):
            length = lengths[row]
            assert ids[:length].tolist() == events[row].ids.tolist()
            assert fields[:length].tolist() == [7] * length
            assert (ids[length:] == FILLER).all()
            assert (fields[length:] == FILLER).all()


def test_an_event_longer_than_the_budget_has_a_batch_of_its_own():
    assert [b.rows.tolist() for b in by_length(encoded([100, 2, 2]), 8, FILLER)] == [[1, 2], [0]]


def test_the_order_is_the_same_for_the_same_seed():
    events = encoded([5] * 50)

    def order(seed):
        return [b.rows.tolist() for b in by_length(events, 25, FILLER, random.Random(seed))]

    assert order(1) == order(1)
    assert order(1) != order(2)


def test_no_events_give_no_batch():
    assert list(by_length([], 10, FILLER)) == []


@pytest.mark.parametrize("rows", [[0], [2, 0]])
def test_events_are_padded_to_the_longest_of_the_batch(rows):
    assert pad(encoded([3, 9, 5]), rows, FILLER).ids.shape == (len(rows), max([3, 9, 5][r] for r in rows))
