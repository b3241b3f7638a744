"""Known attack behaviour: which detection rules an event satisfies.

A rule is a condition over atoms; an atom is a pattern of one field, matched against the value as the log wrote it and
against its canonical form, so that neither an identity the canonicaliser drops nor a quote or caret it undoes hides the
match. The rules that hold become part of the canonical event; the nets learn how far each is to be believed.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import numpy as np
from safetensors.numpy import load, save

from loglm_bridge.contract.errors import ModelRefused
from loglm_bridge.model.features.hashed_patterns import Pattern, Patterns
from loglm_bridge.model.features.ngrams import GRAM_BITS, grams
from loglm_bridge.model.features.tokenizer import Encoded
from loglm_bridge.model.folder import model_folder
from loglm_bridge.model.folder.model_folder import ModelFolder
from loglm_bridge.telemetry.fastpath.canonical_cache import CHANNEL
from loglm_bridge.telemetry.record import CanonicalEvent

#: A condition: an atom's number, or ["and"|"or"|"not", condition, ...].
Condition = Any

#: Name under which a pattern of any field is filed; it is matched against the canonical fields.
ANY = "*"

#: Characters of the values whose atoms are remembered, each counted with what an entry costs beside them.
_MEMO = 32_000_000
_ENTRY = 300

#: What a rule's level says of malice, beside what the nets learned; in steps.
LEVEL_WEIGHTS = {"low": 1.0, "medium": 2.0, "high": 3.0, "critical": 4.0}


@dataclass(frozen=True)
class Atom:
    """A pattern of the field whose name hashes to `field`."""

    field: int
    pattern: Pattern


@dataclass(frozen=True)
class CompiledRule:
    """One rule: it is looked at where one of `gates` is present, and holds where `condition` does; `name` is its id."""

    prefilters: tuple[int, ...]
    condition: Condition
    level: str
    techniques: tuple[str, ...]
    name: str = ""


class RuleMatcher:
    """Compiled rules. `count` is how many gram buckets they add; thread-safe."""

    def __init__(self, atoms: Sequence[Atom], rules: Sequence[CompiledRule]) -> None:
        self.atoms, self.rules = list(atoms), list(rules)
        of_field: dict[int, dict[int, Pattern]] = defaultdict(dict)
        for number, atom in enumerate(self.atoms):
            of_field[atom.field][number] = atom.pattern
        self._patterns = {field: Patterns(patterns) for field, patterns in of_field.items()}
        self._memo: dict[tuple[str, str], tuple[int, ...]] = {}
        self._held = 0
        self._triggered = _triggered(self.rules, len(self.atoms))
        first = len(self.rules)
        levels = {level: first + i for i, level in enumerate(sorted({rule.level for rule in rules}))}
        second = first + len(levels)
        techniques = {t: second + i for i, t in enumerate(sorted({t for rule in rules for t in rule.techniques}))}
        self._buckets = [
            (i, levels[rule.level], *(techniques[t] for t in rule.techniques)) for i, rule in enumerate(self.rules)
        ]
        self.count = second + len(techniques)
        self._levels = {bucket: LEVEL_WEIGHTS.get(level, 0.0) for level, bucket in levels.items()}

    def mark(self, event: CanonicalEvent) -> CanonicalEvent:
        """Return the event with the rules that hold."""
        return replace(event, rules=tuple(self.match(event))) if self.rules else event

    def match(self, event: CanonicalEvent) -> list[int]:
        """Return the numbers of the rules that hold, ascending."""
        atoms = {atom for name, value in event.rule_fields for atom in self.matching_atoms(name, value)}
        return self.matching_rules(event, atoms, [value for name, value in event.rule_fields if name == CHANNEL])

    def matching_rules(self, event: CanonicalEvent, atoms: set[int], channels: Iterable[str]) -> list[int]:
        """Return the numbers of the rules that hold, ascending, where `atoms` are the atoms that the event's values
        hold as the log wrote them, and `channels` its channels in lower case."""
        for name, value in event.fields:
            atoms.update(self.matching_atoms(name, value))
            atoms.update(self.matching_atoms(ANY, value))
        candidates = sorted({rule for atom in atoms for rule in self._triggered[atom]})
        if not candidates:
            return []
        prefilters = prefilters_of(event, channels)
        rules = ((i, self.rules[i]) for i in candidates)
        return [i for i, r in rules if not prefilters.isdisjoint(r.prefilters) and _holds(r.condition, atoms)]

    def uses_field(self, name: str) -> bool:
        """Tell whether some pattern is matched against fields of a name."""
        return field_hash(name) in self._patterns

    def exact_lengths(self, name: str) -> frozenset[int] | None:
        """Return how many bytes a field's value has that some pattern compares as a whole; None: parts of it count."""
        patterns = self._patterns.get(field_hash(name))
        return frozenset() if patterns is None else patterns.exact_lengths

    def matching_atoms(self, name: str, value: str) -> tuple[int, ...]:
        """Return the atoms that a value of a field holds."""
        patterns = self._patterns.get(field_hash(name))
        if patterns is None or not value:
            return ()
        if patterns.exact_lengths is not None:
            return tuple(patterns.matching(value))
        found = self._memo.get((name, value))
        if found is None:
            found = tuple(patterns.matching(value))
            self._held += len(value) + _ENTRY
            if self._held > _MEMO:
                self._memo.clear()
                self._held = len(value) + _ENTRY
            self._memo[name, value] = found
        return found

    def buckets(self, event: CanonicalEvent) -> np.ndarray:
        """Return the gram buckets of a marked event's rules, their levels and techniques: int32 in [0, count)."""
        found = {bucket for rule in event.rules for bucket in self._buckets[rule]}
        return np.array(sorted(found), dtype=np.int32)

    def bags(self, events: Sequence[CanonicalEvent], encoded: Sequence[Encoded]) -> list[np.ndarray]:
        """Return each marked event's gram buckets, int32: those of its tokens, then those of its rules."""
        first = np.int32(1 << GRAM_BITS)
        pairs = zip(events, encoded, strict=True)
        return [np.concatenate([grams(tokens), first + self.buckets(event)]) for event, tokens in pairs]

    def level_weights(self) -> np.ndarray:
        """Return for every gram bucket the step its level says, float32 (buckets,); 0 for what is no level."""
        steps = np.zeros((1 << GRAM_BITS) + self.count, dtype=np.float32)
        for bucket, step in self._levels.items():
            steps[(1 << GRAM_BITS) + bucket] = step
        return steps

    def dump(self) -> tuple[bytes, str]:
        """Return the content of `signatures.safetensors` and of `signatures.json`."""
        literals = [literal for atom in self.atoms for literal in atom.pattern.literals]
        ends = np.cumsum([len(atom.pattern.literals) for atom in self.atoms], dtype=np.int64)
        anchors = [atom.pattern.starts + 2 * atom.pattern.ends for atom in self.atoms]
        arrays: dict[str, np.ndarray] = {
            "fields": np.array([atom.field for atom in self.atoms], np.uint64),
            "anchors": np.array(anchors, np.uint8),
            "ends": ends,
            "lengths": np.array([length for length, _ in literals], np.uint16),
            "hashes": np.array([value for _, value in literals], np.uint64),
        }
        rules = [[r.prefilters, r.condition, r.level, r.techniques, r.name] for r in self.rules]
        return save(arrays), json.dumps({"rules": rules}, separators=(",", ":")) + "\n"

    @classmethod
    def load(cls, arrays: bytes, rules: Mapping[str, Any]) -> RuleMatcher:
        """Read what `dump` wrote. Raises ModelRefused where it is something else."""
        try:
            read = {name: array.tolist() for name, array in load(arrays).items()}
            literals = list(zip(read["lengths"], read["hashes"], strict=True))
            starts = [0, *read["ends"][:-1]]
            atoms = [
                Atom(f, Pattern(tuple(literals[start:end]), bool(anchor & 1), bool(anchor & 2)))
                for f, anchor, start, end in zip(read["fields"], read["anchors"], starts, read["ends"], strict=False)
            ]
            return cls(
                atoms, [CompiledRule(tuple(g), c, str(level), tuple(t), *n) for g, c, level, t, *n in rules["rules"]]
            )
        except Exception as error:
            raise ModelRefused(f"signatures: {error!r}") from error


def load_rule_matcher(folder: ModelFolder) -> RuleMatcher:
    """Return the signatures of a model folder; none where it holds none. Raises ModelRefused."""
    if model_folder.SIGNATURES not in folder.files:
        return NO_RULES
    return RuleMatcher.load(folder.files[model_folder.SIGNATURES], folder.json(model_folder.SIGNATURE_RULES))


def prefilters_of(event: CanonicalEvent, channels: Iterable[str]) -> set[int]:
    """Return the gates that an event opens: its family, its kind, each part of it, its action, its channels."""
    parts = (prefilter(f"part {part}") for part in event.kind.split(":"))
    actions = (action_prefilter(value) for name, value in event.fields if name == "action")
    said = (prefilter(f"channel {channel}") for channel in channels)
    return {prefilter(event.family), prefilter(f"{event.family} {event.kind}"), *parts, *actions, *said}


@lru_cache(maxsize=4_096)
def prefilter(kind: str) -> int:
    """Return the hash that stands for a kind of event ("family kind"), a part of one, or all of a family."""
    return _hash(f"kind {kind}")


@lru_cache(maxsize=4_096)
def action_prefilter(action: str) -> int:
    """Return the hash that stands for a value of the field `action`."""
    return _hash(f"action {action}")


@lru_cache(maxsize=16_384)
def field_hash(name: str) -> int:
    """Return the hash that stands for a field's name."""
    return _hash(f"field {name}")


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def _triggered(rules: Sequence[CompiledRule], atoms: int) -> list[list[int]]:
    """For each atom the rules to look at when it holds: one of a rule's triggers holds wherever the rule does."""
    common = Counter(atom for rule in rules for atom in set(_positive(rule.condition)))
    out: list[list[int]] = [[] for _ in range(atoms)]
    for number, rule in enumerate(rules):
        for atom in set(_triggers(rule.condition, common)):
            out[atom].append(number)
    return out


def _triggers(condition: Condition, common: Mapping[int, int]) -> list[int]:
    """The atoms of which at least one must hold; of several demands the one least common among rules."""
    if isinstance(condition, int):
        return [condition]
    if condition[0] == "or":
        return [atom for part in condition[1:] for atom in _triggers(part, common)]
    if condition[0] == "not":
        return []
    found = [triggers for part in condition[1:] if (triggers := _triggers(part, common))]
    return min(found, key=lambda atoms: sum(common[a] for a in atoms), default=[])


def _positive(condition: Condition) -> list[int]:
    if isinstance(condition, int):
        return [condition]
    return [] if condition[0] == "not" else [atom for part in condition[1:] for atom in _positive(part)]


def _holds(condition: Condition, atoms: set[int]) -> bool:
    if isinstance(condition, int):
        return condition in atoms
    if condition[0] == "not":
        return not _holds(condition[1], atoms)
    results = (_holds(part, atoms) for part in condition[1:])
    return all(results) if condition[0] == "and" else any(results)


#: No rules at all.
NO_RULES = RuleMatcher([], [])
