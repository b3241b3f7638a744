"""Known attack behaviour as a layer of string detectors: which detection rules a canonical event satisfies.

A rule is a condition over atoms; an atom is a pattern in one field, kept as the hashes of the character n-grams that
every event with that pattern shows after canonicalisation. An atom holds where all its n-grams are present: the order
of n-grams is not looked at, so an atom may hold a little too often, never depending on anything but the event. The
rules that hold join the event's grams, and the nets learn how far each is to be believed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import numpy as np
from safetensors.numpy import load, save

from loglm_bridge.contract.errors import ModelRefused
from loglm_bridge.model import artefact
from loglm_bridge.model.artefact import ModelFolder
from loglm_bridge.model.grams import GRAM_BITS, grams
from loglm_bridge.model.tokenizer import Encoded
from loglm_bridge.telemetry.record import Canonical

#: A condition: an atom's number, or ["and"|"or"|"not", condition, ...].
Condition = Any

#: Lengths of the n-grams: the short for short patterns, the long for certainty.
_LENGTHS = (2, 3, 5)

#: Characters of a value that are looked at; longer ones are scripts, whose beginning tells.
_MOST = 8192

#: Distinct (field, value) pairs whose n-grams are remembered; a few kB each.
_MEMO = 1 << 12

#: The multiplier of FNV-1a, and an odd constant that spreads the result.
_PRIME = np.uint64(0x100000001B3)
_MIX = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class SignatureRule:
    """One rule: it is looked at where one of `gates` is present, and holds where `condition` does."""

    gates: tuple[int, ...]
    condition: Condition
    level: str
    techniques: tuple[str, ...]


class Signatures:
    """Compiled rules. `count` is how many gram buckets they add; immutable, thread-safe."""

    def __init__(self, atoms: Sequence[np.ndarray], rules: Sequence[SignatureRule]) -> None:
        self.atoms, self.rules = list(atoms), list(rules)
        flat = np.concatenate([np.zeros(0, np.uint64), *self.atoms])
        owner = np.repeat(np.arange(len(self.atoms)), [len(a) for a in self.atoms])
        order = np.argsort(flat, kind="stable")
        self._known, starts = np.unique(flat[order], return_index=True)
        self._starts = np.append(starts, len(flat))
        self._owners = owner[order]
        self._needs = np.array([len(a) for a in self.atoms])
        self._gates = frozenset(gate for rule in rules for gate in rule.gates)
        self._rules_of = _rules_by_atom(rules, len(self.atoms))
        levels = sorted({rule.level for rule in rules})
        techniques = sorted({t for rule in rules for t in rule.techniques})
        first, second = len(self.rules), len(self.rules) + len(levels)
        self._buckets = [
            (i, first + levels.index(rule.level), *(second + techniques.index(t) for t in rule.techniques))
            for i, rule in enumerate(self.rules)
        ]
        self.count = second + len(techniques)

    def hits(self, event: Canonical) -> list[int]:
        """Return the numbers of the rules that hold, ascending."""
        if not self.rules:
            return []
        present = ngrams(event)
        holding = self._holding(present)
        open_gates = self._gates.intersection(present.tolist())
        candidates = sorted({rule for atom in holding for rule in self._rules_of[atom]})
        rules = ((i, self.rules[i]) for i in candidates)
        return [i for i, r in rules if not open_gates.isdisjoint(r.gates) and _holds(r.condition, holding)]

    def _holding(self, present: np.ndarray) -> set[int]:
        """The atoms all of whose n-grams are present."""
        places = np.minimum(np.searchsorted(self._known, present), len(self._known) - 1)
        places = places[self._known[places] == present]
        counts = np.bincount(_ranges(self._owners, self._starts[places], self._starts[places + 1]))
        atoms = np.flatnonzero(counts)
        return set(atoms[counts[atoms] == self._needs[atoms]].tolist())

    def buckets(self, event: Canonical) -> np.ndarray:
        """Return the gram buckets of the rules that hold, of their levels and their techniques: int32 in [0, count)."""
        found = {bucket for rule in self.hits(event) for bucket in self._buckets[rule]}
        return np.array(sorted(found), dtype=np.int32)

    def bags(self, events: Sequence[Canonical], encoded: Sequence[Encoded]) -> list[np.ndarray]:
        """Return each event's gram buckets, int32: those of its tokens, then those of the rules that hold."""
        first = np.int32(1 << GRAM_BITS)
        pairs = zip(events, encoded, strict=True)
        return [np.concatenate([grams(tokens), first + self.buckets(event)]) for event, tokens in pairs]

    def dump(self) -> tuple[bytes, str]:
        """Return the content of `signatures.safetensors` and of `signatures.json`."""
        arrays = {
            "ngrams": np.concatenate([np.zeros(0, np.uint64), *self.atoms]),
            "ends": np.cumsum([len(a) for a in self.atoms], dtype=np.int64),
        }
        rules = [[r.gates, r.condition, r.level, r.techniques] for r in self.rules]
        return save(arrays), json.dumps({"rules": rules}, separators=(",", ":")) + "\n"

    @classmethod
    def load(cls, arrays: bytes, rules: Mapping[str, Any]) -> Signatures:
        """Read what `dump` wrote. Raises ModelRefused where it is something else."""
        try:
            read = load(arrays)
            atoms = np.split(read["ngrams"], read["ends"][:-1]) if len(read["ends"]) else []
            return cls(atoms, [SignatureRule(tuple(g), c, str(level), tuple(t)) for g, c, level, t in rules["rules"]])
        except Exception as error:
            raise ModelRefused(f"signatures: {error!r}") from error


def signatures_of(folder: ModelFolder) -> Signatures:
    """Return the signatures of a model folder; none where it holds none. Raises ModelRefused."""
    if artefact.SIGNATURES not in folder.files:
        return Signatures([], [])
    return Signatures.load(folder.files[artefact.SIGNATURES], folder.json(artefact.SIGNATURE_RULES))


def ngrams(event: Canonical) -> np.ndarray:
    """Return the event's distinct n-gram hashes, sorted, uint64; family, kind, its parts and action are among them."""
    kinds = (event.family, f"{event.family} {event.kind}", *(f"part {part}" for part in event.kind.split(":")))
    gates = np.array([gate(kind) for kind in kinds], np.uint64)
    return np.unique(np.concatenate([gates, *(_value_ngrams(name, value) for name, value in event.fields)]))


def gate(kind: str) -> int:
    """Return the hash that stands for a kind of event ("family kind"), or for all of a family."""
    return _hash(f"kind {kind}")


def action_gate(action: str) -> int:
    """Return the hash that stands for a value of the field `action`."""
    return _hash(f"action {action}")


def text_ngrams(name: str, text: str) -> np.ndarray:
    """Return the n-gram hashes of a stretch of text inside a field, distinct, sorted, uint64."""
    codes = np.frombuffer(text.encode("utf-8", "surrogatepass"), dtype=np.uint8).astype(np.uint64)
    seed = np.uint64(_hash(name))
    parts = [_windows(codes, length, seed) for length in _LENGTHS if len(codes) >= length]
    found: np.ndarray = np.unique(np.concatenate([np.zeros(0, np.uint64), *parts]))
    return found


@lru_cache(maxsize=_MEMO)
def _value_ngrams(name: str, value: str) -> np.ndarray:
    found = text_ngrams(name, f"\x02{value[:_MOST]}\x03")
    return np.append(found, np.uint64(action_gate(value))) if name == "action" else found


def _windows(text: np.ndarray, length: int, seed: np.uint64) -> np.ndarray:
    width = len(text) - length + 1
    out = np.full(width, seed ^ np.uint64(length), dtype=np.uint64)
    for i in range(length):
        out = (out ^ text[i : i + width]) * _PRIME
        out ^= out >> np.uint64(29)
    return out * _MIX


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def _ranges(values: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Return values[start:end] of every pair, one after the other."""
    lengths = ends - starts
    offsets = np.repeat(starts - np.append(0, np.cumsum(lengths)[:-1]), lengths)
    found: np.ndarray = values[np.arange(lengths.sum()) + offsets]
    return found


def _rules_by_atom(rules: Sequence[SignatureRule], atoms: int) -> list[list[int]]:
    out: list[list[int]] = [[] for _ in range(atoms)]
    for number, rule in enumerate(rules):
        for atom in _positive(rule.condition):
            out[atom].append(number)
    return out


def _positive(condition: Condition) -> set[int]:
    if isinstance(condition, int):
        return {condition}
    if condition[0] == "not":
        return set()
    return {atom for part in condition[1:] for atom in _positive(part)}


def _holds(condition: Condition, holding: set[int]) -> bool:
    if isinstance(condition, int):
        return condition in holding
    if condition[0] == "not":
        return not _holds(condition[1], holding)
    results = (_holds(part, holding) for part in condition[1:])
    return all(results) if condition[0] == "and" else any(results)
