"""Many text patterns at once: which of them a value holds, from hashes of its stretches.

A pattern is one or more literals in order, anchored or open at each end (`*a*b`). Only lengths and hashes of literals
are kept, so a pattern cannot be read back from a model. All stretches of a value that are as long as any literal are
hashed in one pass (Karp and Rabin, 1987: polynomials modulo 2^64) and looked up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

#: Bytes of a value that are looked at.
MOST = 8_192

_BASE = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xD6E8FEB86659FD93)
_INVERSE = np.uint64(pow(int(_BASE), -1, 1 << 64))
_UNMIX = np.uint64(pow(int(_MIX), -1, 1 << 64))
_HALF = np.uint64(32)


def _powers(base: np.uint64) -> np.ndarray:
    return np.cumprod(np.concatenate([[np.uint64(1)], np.full(MOST, base, np.uint64)]), dtype=np.uint64)


_UP, _DOWN = _powers(_BASE), _powers(_INVERSE)

_ALL = (1 << 64) - 1
_FIRST_UP = [int(power) for power in _UP[:48]]


@dataclass(frozen=True)
class Pattern:
    """`literals` are (length in bytes, hash), in order; `starts` and `ends` say where the first and last must stand.

    Without literals it holds for every value.
    """

    literals: tuple[tuple[int, int], ...]
    starts: bool = False
    ends: bool = False


def pattern(parts: Sequence[str], starts: bool = False, ends: bool = False) -> Pattern:
    """Return the pattern of literals in order; they are compared in lower case."""
    return Pattern(tuple(_literal(part) for part in parts if part), starts, ends)


def _literal(text: str) -> tuple[int, int]:
    data = text.lower().encode("utf-8", "surrogatepass")[:MOST]
    return len(data), _hash(data)


def _hash(data: bytes) -> int:
    """Return the hash of a whole text; short ones cost less without numpy."""
    if len(data) > len(_FIRST_UP):
        return int(_mixed(_sums(data, np.array([len(data)]))[0, :1])[0])
    total = sum([(code + 1) * up for code, up in zip(data, _FIRST_UP)]) * int(_MIX) & _ALL  # noqa: B905 (the first)
    return total ^ (total >> 32)


def _sums(data: bytes, lengths: np.ndarray) -> np.ndarray:
    """Return the sums (lengths, places) that the hashes of all stretches are mixed from; `lengths` ascend.

    Those that run over the end are of no meaning.
    """
    count = len(data)
    upto = np.zeros(count + int(lengths[-1]) + 1, np.uint64)
    codes = np.frombuffer(data, np.uint8).astype(np.uint64) + np.uint64(1)
    np.cumsum(codes * _UP[:count], out=upto[1 : count + 1])
    # row i of these overlapping rows ends each stretch of i bytes; whole rows are copied faster than single sums
    rows = np.ndarray((len(upto) - count, count), np.uint64, upto, strides=upto.strides * 2)
    found: np.ndarray = rows[lengths]
    found -= upto[:count]
    found *= _DOWN[:count]
    return found


def _mixed(sums: np.ndarray) -> np.ndarray:
    """Return the hashes of stretches."""
    hashes = sums * _MIX
    mixed: np.ndarray = hashes ^ (hashes >> _HALF)
    return mixed


def _unmixed(hashes: np.ndarray) -> np.ndarray:
    """Return the sums that hashes were mixed from."""
    sums: np.ndarray = (hashes ^ (hashes >> _HALF)) * _UNMIX
    return sums


class Patterns:
    """Numbered patterns, matched together; immutable, thread-safe.

    Patterns that are a value as a whole (ids, ports, codes) are found by one hash of it, the others by those of all its
    stretches.
    """

    def __init__(self, patterns: Mapping[int, Pattern]) -> None:
        self._always = [number for number, p in patterns.items() if not p.literals]
        self._whole: dict[tuple[int, int], list[int]] = defaultdict(list)
        self._by_first: dict[tuple[int, int], list[tuple[int, Pattern]]] = defaultdict(list)
        for number, p in patterns.items():
            if len(p.literals) == 1 and p.starts and p.ends:
                self._whole[p.literals[0]].append(number)
            elif p.literals:
                self._by_first[p.literals[0]].append((number, p))
        self._whole_lengths = frozenset(length for length, _ in self._whole)
        parts = sorted({literal for found in self._by_first.values() for _, p in found for literal in p.literals})
        self._lengths = np.array(sorted({length for length, _ in parts}), dtype=np.int64)
        self._hashes = np.unique(np.array([value for _, value in parts], dtype=np.uint64))
        bits = max(10, len(parts).bit_length() + 6)
        self._shift = np.uint64(64 - bits)
        self._maybe = np.zeros(1 << bits, dtype=bool)
        self._maybe[(_unmixed(self._hashes) >> self._shift).astype(np.int64)] = True

    @property
    def exact_lengths(self) -> frozenset[int] | None:
        """The bytes of values that are matched, where that is only done as a whole, which costs next to nothing."""
        return None if self._by_first or self._always else self._whole_lengths

    def matching(self, text: str) -> list[int]:
        """Return the numbers of the patterns that hold for a text, ascending, lower case taken for granted."""
        data = text.encode("utf-8", "surrogatepass")[:MOST]
        found = list(self._always)
        if len(data) in self._whole_lengths:
            found += self._whole.get((len(data), _hash(data)), ())
        if self._by_first:
            places = self._places(data)
            for first in places:
                found += [number for number, p in self._by_first.get(first, ()) if _fits(p, places, data)]
        return sorted(found)

    def _places(self, data: bytes) -> dict[tuple[int, int], list[int]]:
        lengths = self._lengths[self._lengths <= len(data)]
        out: dict[tuple[int, int], list[int]] = defaultdict(list)
        if not len(lengths):
            return out
        sums = _sums(data, lengths).ravel()
        maybe = self._maybe.take((sums >> self._shift).view(np.int64), mode="clip").nonzero()[0]
        rows, columns = np.divmod(maybe, len(data))
        values = _mixed(sums[maybe])
        at = np.minimum(np.searchsorted(self._hashes, values), len(self._hashes) - 1)
        real = (self._hashes[at] == values) & (columns + lengths[rows] <= len(data))
        for place, length, value in zip(
            columns[real].tolist(), lengths[rows[real]].tolist(), values[real].tolist(), strict=True
        ):
            out[length, value].append(place)
        return out


def _fits(p: Pattern, places: Mapping[tuple[int, int], Sequence[int]], data: bytes) -> bool:
    at = 0
    for number, literal in enumerate(p.literals):
        allowed = [place for place in places.get(literal, ()) if place >= at]
        if number == 0 and p.starts:
            allowed = [place for place in allowed if place == 0]
        if number == len(p.literals) - 1 and p.ends:
            allowed = [place for place in allowed if place + literal[0] == len(data)]
        if not allowed:
            return False
        at = allowed[0] + literal[0]
    return True
