"""The sparse part of the model's input: hash buckets of an event's tokens, token pairs and tokens in a field.

Linear models on such bags of n-grams generalise well to unseen machines, so the heads read them beside the encoder's
vector.
"""

from __future__ import annotations

import numpy as np

from loglm_bridge.model.features.tokenizer import Encoded

#: log2 of the number of hash buckets.
GRAM_BITS = 16

#: Odd 64-bit constants of Fibonacci hashing, one for each role of a token in an n-gram.
_TOKEN, _FIELD, _FIRST, _SECOND = (
    np.uint64(c) for c in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93)
)
_SHIFT = np.uint64(64 - GRAM_BITS)


def grams(event: Encoded) -> np.ndarray:
    """Return the distinct buckets of an event's n-grams, ascending, int32 in [0, 2**GRAM_BITS)."""
    ids, fields = event.ids.astype(np.uint64), event.fields.astype(np.uint64)
    same_field = fields[1:] == fields[:-1]
    parts = (
        ids * _TOKEN,
        _mix(ids * _TOKEN ^ fields * _FIELD),
        _mix(ids[:-1] * _FIRST ^ ids[1:] * _SECOND)[same_field],
    )
    return np.unique((np.concatenate(parts) >> _SHIFT).astype(np.int32))


def _mix(x: np.ndarray) -> np.ndarray:
    x = (x ^ (x >> np.uint64(29))) * _FIRST
    mixed: np.ndarray = x ^ (x >> np.uint64(32))
    return mixed
