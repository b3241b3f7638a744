"""Masking: field names stay, targets are the masked ids, and the shares are as documented."""

import itertools

import numpy as np
import pytest

from loglm_bridge.lab.train.masking import FieldMasker
from loglm_bridge.lab.train.token_batches import by_length


def masker(tiny, seed=1, rate=0.3):
    t = tiny.tokenizer
    return FieldMasker(t.mask, t.pad, t.control_ids, t.size, rate, seed)


@pytest.fixture(scope="module")
def batches(tiny):
    return list(by_length(tiny.encoded, 1024, tiny.tokenizer.pad))


def draws(tiny, batches, times=20):
    mask = masker(tiny)
    return [(batch, mask(batch)) for _ in range(times) for batch in batches]


def test_only_values_are_masked_and_their_ids_are_the_targets(tiny, batches):
    control = list(tiny.tokenizer.control_ids)
    for batch, masked in draws(tiny, batches, 3):
        where = tuple(masked.where.numpy().T)
        before, after = batch.ids.numpy(), masked.ids.numpy()
        assert (before[where] == masked.targets.numpy()).all()
        assert not np.isin(masked.targets.numpy(), control).any()
        untouched = np.ones(before.shape, bool)
        untouched[where] = False
        assert (before[untouched] == after[untouched]).all()


def test_the_batch_itself_is_not_changed(tiny, batches):
    before = batches[0].ids.clone()
    masker(tiny)(batches[0])
    assert bool((batches[0].ids == before).all())


def test_masked_tokens_become_the_mask_stay_or_become_another_piece(tiny, batches):
    shown, targets = [], []
    for _, masked in draws(tiny, batches):
        shown.append(masked.ids.numpy()[tuple(masked.where.numpy().T)])
        targets.append(masked.targets.numpy())
    seen, wanted = np.concatenate(shown), np.concatenate(targets)
    assert len(wanted) > 10_000
    assert (seen == tiny.tokenizer.mask).mean() == pytest.approx(0.85, abs=0.02)
    assert (seen == wanted).mean() == pytest.approx(0.10, abs=0.02)
    other = seen[(seen != tiny.tokenizer.mask) & (seen != wanted)]
    assert not np.isin(other, list(tiny.tokenizer.control_ids)).any()


def test_the_given_rate_is_masked_mostly_in_whole_values(tiny, batches):
    masked_count = maskable = whole = values = 0
    control = np.zeros(tiny.tokenizer.size, bool)
    control[list(tiny.tokenizer.control_ids)] = True
    for batch, masked in draws(tiny, batches):
        ids = batch.ids.numpy()
        at = np.zeros(ids.shape, bool)
        at[tuple(masked.where.numpy().T)] = True
        masked_count, maskable = masked_count + at.sum(), maskable + (~control[ids]).sum()
        for row, marks in zip(ids, at, strict=True):
            runs = np.split(marks[~control[row]], np.flatnonzero(np.diff(np.cumsum(control[row])[~control[row]])) + 1)
            long = [run for run in runs if len(run) >= 4]
            values, whole = values + len(long), whole + sum(run.all() for run in long)
    # two thirds of the rate as whole values, a third as single pieces; they may overlap
    assert masked_count / maskable == pytest.approx(1 - 0.8 * 0.9, abs=0.03)
    assert whole / values == pytest.approx(0.2, abs=0.03)


def test_the_same_seed_masks_the_same(tiny, batches):
    first, second = masker(tiny, 4)(batches[0]), masker(tiny, 4)(batches[0])
    assert bool((first.ids == second.ids).all())
    assert masker(tiny, 5)(batches[0]).where.tolist() != first.where.tolist()


def test_at_least_one_token_is_masked(tiny, batches):
    assert all(len(masked.targets) for masked in (masker(tiny, rate=1e-9)(batch) for batch in batches))


def test_a_view_lacks_whole_fields_but_neither_the_kind_nor_the_first_field(tiny, batches):
    control, pad = list(tiny.tokenizer.control_ids), tiny.tokenizer.pad
    removed = 0
    for batch in batches:
        before, after = batch.ids.numpy(), masker(tiny, rate=0.5).without_fields(batch).numpy()
        starts = np.isin(before, control) & (before != pad)
        for old, new, begins in zip(before, after, starts, strict=True):
            edges = [*np.flatnonzero(begins), len(old)]
            unchanged = [bool((new[a:b] == old[a:b]).all()) for a, b in itertools.pairwise(edges)]
            gone = [bool((new[a:b] == pad).all()) for a, b in itertools.pairwise(edges)]
            assert all(k or g for k, g in zip(unchanged, gone, strict=True))
            assert unchanged[0]
            removed += gone.count(True)
    assert removed > 10
