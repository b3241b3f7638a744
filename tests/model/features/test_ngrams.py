"""N-gram buckets: distinct, ascending, and those with which the shipped heads were trained."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.model.features.ngrams import GRAM_BITS, grams
from loglm_bridge.model.features.tokenizer import Encoded

_M = (1 << 64) - 1


def encoded(ids, fields):
    return Encoded(np.array(ids, dtype=np.int32), np.array(fields, dtype=np.int32), False)


def expected_buckets(ids, fields):
    """Return the buckets, computed with Python's integers."""
    token, field, first, second = 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93

    def mix(x):
        x = (x ^ (x >> 29)) * first & _M
        return x ^ (x >> 32)

    hashes = {i * token & _M for i in ids}
    hashes |= {mix((i * token & _M) ^ (f * field & _M)) for i, f in zip(ids, fields, strict=True)}
    pairs = zip(ids, ids[1:], fields, fields[1:], strict=False)
    hashes |= {mix((a * first & _M) ^ (b * second & _M)) for a, b, f, g in pairs if f == g}
    return sorted({x >> (64 - GRAM_BITS) for x in hashes})


@given(st.lists(st.tuples(st.integers(0, 2**20), st.integers(0, 300)), min_size=1, max_size=130))
def test_buckets_are_those_of_the_documented_hash(rows):
    ids, fields = (list(column) for column in zip(*rows, strict=True))
    assert grams(encoded(ids, fields)).tolist() == expected_buckets(ids, fields)


def test_pairs_do_not_cross_fields():
    one_field, two_fields = grams(encoded([7, 8], [1, 1])), grams(encoded([7, 8], [1, 2]))
    assert len(one_field) == 5
    assert len(two_fields) == 4


def test_the_buckets_of_a_known_event_never_change():
    buckets = grams(encoded([2, 40, 11, 600], [2, 2, 11, 11]))
    assert buckets.tolist() == [1860, 2166, 10896, 15470, 20165, 26694, 47275, 52322, 53765, 57430]
    assert buckets.dtype == np.int32
