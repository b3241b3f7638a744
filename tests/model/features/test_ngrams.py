"""Grams: sorted distinct buckets, and the very numbers the shipped heads were trained with."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.model.features.ngrams import GRAM_BITS, grams
from loglm_bridge.model.features.tokenizer import Encoded

_M = (1 << 64) - 1


def encoded(ids, fields):
    return Encoded(np.array(ids, dtype=np.int32), np.array(fields, dtype=np.int32), False)


def by_hand(ids, fields):
    """The same hash in Python's own whole numbers."""
    token, field, first, second = 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93

    def mix(x):
        x = (x ^ (x >> 29)) * first & _M
        return x ^ (x >> 32)

    found = {i * token & _M for i in ids}
    found |= {mix((i * token & _M) ^ (f * field & _M)) for i, f in zip(ids, fields, strict=True)}
    pairs = zip(ids, ids[1:], fields, fields[1:], strict=False)
    found |= {mix((a * first & _M) ^ (b * second & _M)) for a, b, f, g in pairs if f == g}
    return sorted({x >> (64 - GRAM_BITS) for x in found})


@given(st.lists(st.tuples(st.integers(0, 2**20), st.integers(0, 300)), min_size=1, max_size=130))
def test_the_hash_is_the_documented_one(rows):
    ids, fields = (list(column) for column in zip(*rows, strict=True))
    assert grams(encoded(ids, fields)).tolist() == by_hand(ids, fields)


def test_pairs_stay_inside_a_field():
    one_field, two_fields = grams(encoded([7, 8], [1, 1])), grams(encoded([7, 8], [1, 2]))
    assert len(one_field) == 5
    assert len(two_fields) == 4


def test_the_buckets_of_a_known_event_never_change():
    found = grams(encoded([2, 40, 11, 600], [2, 2, 11, 11]))
    assert found.tolist() == [1860, 2166, 10896, 15470, 20165, 26694, 47275, 52322, 53765, 57430]
    assert found.dtype == np.int32
