"""Matches many text patterns at once, by hashes of a value's substrings.

A pattern is one or more literals in order, anchored or open at each end (`*a*b`). Only lengths and hashes of literals
are stored, so a pattern cannot be recovered from a model. All substrings of a value that are as long as any literal are
hashed in one pass and looked up (Karp and Rabin, "Efficient randomized pattern-matching algorithms", 1987; polynomials
modulo 2**64).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

#: Maximum bytes of a value that are searched.
MAX_BYTES = 8_192

_BASE = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xD6E8FEB86659FD93)
_INVERSE = np.uint64(pow(int(_BASE), -1, 1 << 64))
_UNMIX = np.uint64(pow(int(_MIX), -1, 1 << 64))
_HALF = np.uint64(32)


def _powers(base: np.uint64) -> np.ndarray:
    return np.cumprod(np.concatenate([[np.uint64(1)], np.full(MAX_BYTES, base, np.uint64)]), dtype=np.uint64)


_POWERS, _INVERSE_POWERS = _powers(_BASE), _powers(_INVERSE)

_MASK = (1 << 64) - 1
_FIRST_POWERS = [int(power) for power in _POWERS[:48]]

#: Length in bytes and hash of a literal.
_Literal = tuple[int, int]


@dataclass(frozen=True)
class Pattern:
    """A pattern of `literals` (length in bytes, hash) in order.

    `starts` anchors the first at the start of the value, `ends` the last at its end. Without literals every value
    matches.
    """

    literals: tuple[_Literal, ...]
    starts: bool = False
    ends: bool = False


def pattern(parts: Sequence[str], starts: bool = False, ends: bool = False) -> Pattern:
    """Return the pattern of literal texts in order, in lower case."""
    return Pattern(tuple(_literal(part) for part in parts if part), starts, ends)


def _literal(text: str) -> _Literal:
    data = text.lower().encode("utf-8", "surrogatepass")[:MAX_BYTES]
    return len(data), _hash(data)


def _hash(data: bytes) -> int:
    """Return the hash of a whole text; for short ones Python is faster than numpy."""
    if len(data) > len(_FIRST_POWERS):
        return int(_mixed(_sums(data, np.array([len(data)]))[0, :1])[0])
    total = sum([(code + 1) * power for code, power in zip(data, _FIRST_POWERS)]) * int(_MIX) & _MASK  # noqa: B905 (the first powers)
    return total ^ (total >> 32)


def _sums(data: bytes, lengths: np.ndarray) -> np.ndarray:
    """Return the sums (lengths, offsets) behind the hashes of all substrings; `lengths` are ascending.

    Sums of substrings that extend beyond the end are meaningless.
    """
    count = len(data)
    prefix = np.zeros(count + int(lengths[-1]) + 1, np.uint64)
    codes = np.frombuffer(data, np.uint8).astype(np.uint64) + np.uint64(1)
    np.cumsum(codes * _POWERS[:count], out=prefix[1 : count + 1])
    # row i of these overlapping rows holds the prefix sums at the ends of all substrings of i bytes; whole rows are
    # copied faster than single sums
    rows = np.ndarray((len(prefix) - count, count), np.uint64, prefix, strides=prefix.strides * 2)
    sums: np.ndarray = rows[lengths]
    sums -= prefix[:count]
    sums *= _INVERSE_POWERS[:count]
    return sums


def _mixed(sums: np.ndarray) -> np.ndarray:
    """Return the hashes of sums."""
    hashes = sums * _MIX
    mixed: np.ndarray = hashes ^ (hashes >> _HALF)
    return mixed


def _unmixed(hashes: np.ndarray) -> np.ndarray:
    """Return the sums of hashes: the inverse of `_mixed`."""
    sums: np.ndarray = (hashes ^ (hashes >> _HALF)) * _UNMIX
    return sums


class Patterns:
    """Numbered patterns that are matched together; immutable, thread-safe.

    Patterns of a whole value (ids, ports, codes) are looked up by one hash of it, the others by those of all its
    substrings.
    """

    def __init__(self, patterns: Mapping[int, Pattern]) -> None:
        self._always = [number for number, p in patterns.items() if not p.literals]
        self._exact: dict[_Literal, list[int]] = defaultdict(list)
        self._by_first: dict[_Literal, list[tuple[int, Pattern]]] = defaultdict(list)
        for number, p in patterns.items():
            if len(p.literals) == 1 and p.starts and p.ends:
                self._exact[p.literals[0]].append(number)
            elif p.literals:
                self._by_first[p.literals[0]].append((number, p))
        self._exact_lengths = frozenset(length for length, _ in self._exact)
        literals = {literal for group in self._by_first.values() for _, p in group for literal in p.literals}
        self._lengths = np.array(sorted({length for length, _ in literals}), dtype=np.int64)
        self._hashes = np.unique(np.array([value for _, value in literals], dtype=np.uint64))
        # a table over the upper bits of sums excludes nearly all substrings before their hashes are computed
        bits = max(10, len(literals).bit_length() + 6)
        self._shift = np.uint64(64 - bits)
        self._candidates = np.zeros(1 << bits, dtype=bool)
        self._candidates[(_unmixed(self._hashes) >> self._shift).astype(np.int64)] = True

    @property
    def exact_lengths(self) -> frozenset[int] | None:
        """Lengths (bytes) of values that can match, if all patterns are of whole values; else None."""
        return None if self._by_first or self._always else self._exact_lengths

    def matching(self, text: str) -> list[int]:
        """Return the numbers of the patterns that match a text in lower case, ascending."""
        data = text.encode("utf-8", "surrogatepass")[:MAX_BYTES]
        matches = list(self._always)
        if len(data) in self._exact_lengths:
            matches += self._exact.get((len(data), _hash(data)), ())
        if self._by_first:
            offsets = self._literal_offsets(data)
            for first in offsets:
                matches += [number for number, p in self._by_first.get(first, ()) if _matches(p, offsets, data)]
        return sorted(matches)

    def _literal_offsets(self, data: bytes) -> dict[_Literal, list[int]]:
        """Return the ascending offsets at which each literal occurs."""
        lengths = self._lengths[self._lengths <= len(data)]
        out: dict[_Literal, list[int]] = defaultdict(list)
        if not len(lengths):
            return out
        sums = _sums(data, lengths).ravel()
        candidates = self._candidates.take((sums >> self._shift).view(np.int64), mode="clip").nonzero()[0]
        rows, offsets = np.divmod(candidates, len(data))
        hashes = _mixed(sums[candidates])
        nearest = np.minimum(np.searchsorted(self._hashes, hashes), len(self._hashes) - 1)
        occurs = (self._hashes[nearest] == hashes) & (offsets + lengths[rows] <= len(data))
        occurrences = zip(
            offsets[occurs].tolist(), lengths[rows[occurs]].tolist(), hashes[occurs].tolist(), strict=True
        )
        for offset, length, value in occurrences:
            out[length, value].append(offset)
        return out


def _matches(p: Pattern, offsets: Mapping[_Literal, Sequence[int]], data: bytes) -> bool:
    """Return whether the literals of a pattern occur in order, without overlap, at its anchors."""
    end = 0
    for number, literal in enumerate(p.literals):
        allowed = [offset for offset in offsets.get(literal, ()) if offset >= end]
        if number == 0 and p.starts:
            allowed = [offset for offset in allowed if offset == 0]
        if number == len(p.literals) - 1 and p.ends:
            allowed = [offset for offset in allowed if offset + literal[0] == len(data)]
        if not allowed:
            return False
        end = allowed[0] + literal[0]
    return True
