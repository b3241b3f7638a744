"""Matches the detection rules of a model folder: known attack behaviour.

A rule is a condition over atoms. An atom is a pattern of one field, matched against the value as logged and against its
canonical form: neither identity that the canonicaliser removes nor quotes or carets that it undoes hide a match. The
matching rules become part of the canonical event; the heads learn how reliable each rule is.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from safetensors.numpy import load, save

from loglm_bridge.contract.errors import ModelRefused
from loglm_bridge.model.features.compiled_rules import (
    ANY,
    Atom,
    CompiledRule,
    FieldTest,
    field_hash,
    holds,
    prefilters_of,
    rules_by_trigger,
)
from loglm_bridge.model.features.hashed_patterns import Pattern, Patterns
from loglm_bridge.model.features.ngrams import GRAM_BITS, grams
from loglm_bridge.model.features.text_rules import TextContext, TextRules
from loglm_bridge.model.features.tokenizer import Encoded
from loglm_bridge.model.features.value_tests import ValueTest, ValueTests
from loglm_bridge.model.folder import model_folder
from loglm_bridge.model.folder.model_folder import ModelFolder
from loglm_bridge.telemetry.byte_cache import size_of
from loglm_bridge.telemetry.canonicaliser import MESSAGE
from loglm_bridge.telemetry.fastpath.canonical_cache import ANY_LOGGED, CHANNEL
from loglm_bridge.telemetry.record import CanonicalEvent

#: Maximum bytes of the values whose atoms are cached; each entry counts _ENTRY_COST bytes more.
_MAX_CACHED_BYTES = 32_000_000
_ENTRY_COST = 300

#: Weight of a rule's level in the maliciousness logit, beside what the nets have learned.
LEVEL_WEIGHTS = {
    "low": 1.0,
    "medium": 2.0,
    "high": 3.0,
    "critical": 4.0,
    "own low": 0.5,
    "own medium": 2.5,
    "own high": 5.0,
    "own critical": 6.5,
}


class RuleMatcher:
    """Compiled rules; thread-safe. `count` is the number of gram buckets that they add: rules, levels, techniques.

    Conditions number the hashed `atoms` first, then the `tests`.
    """

    def __init__(self, atoms: Sequence[Atom], rules: Sequence[CompiledRule], tests: Sequence[FieldTest] = ()) -> None:
        self.atoms, self.rules, self.tests = list(atoms), list(rules), list(tests)
        self._tests = _tests_by_name(self.tests, len(self.atoms))
        texts = {i: one.test for i, one in enumerate(self.tests, len(self.atoms)) if one.name == MESSAGE}
        self._text_rules = TextRules(self.rules, texts)
        by_field: dict[int, dict[int, Pattern]] = defaultdict(dict)
        for index, atom in enumerate(self.atoms):
            by_field[atom.field][index] = atom.pattern
        self._patterns = {field: Patterns(patterns) for field, patterns in by_field.items()}
        self._cache: dict[tuple[str, str], tuple[int, ...]] = {}
        self._cached_bytes = 0
        self._rules_by_trigger = rules_by_trigger(
            self.rules, len(self.atoms) + len(self.tests), self._text_rules.numbers
        )
        first_level = len(self.rules)
        levels = {level: first_level + i for i, level in enumerate(sorted({rule.level for rule in rules}))}
        first_technique = first_level + len(levels)
        names = sorted({t for rule in rules for t in rule.techniques})
        techniques = {name: first_technique + i for i, name in enumerate(names)}
        self._buckets = [
            (i, levels[rule.level], *(techniques[t] for t in rule.techniques)) for i, rule in enumerate(self.rules)
        ]
        self.count = first_technique + len(techniques)
        self._level_weights = {bucket: LEVEL_WEIGHTS.get(level, 0.0) for level, bucket in levels.items()}

    def mark(self, event: CanonicalEvent) -> CanonicalEvent:
        """Return the event with its matching rules."""
        return replace(event, rules=tuple(self.match(event))) if self.rules else event

    def match(self, event: CanonicalEvent) -> list[int]:
        """Return the indices of the matching rules, ascending."""
        texts = [value for name, value in event.rule_fields if name == MESSAGE]
        logged = [pair for pair in event.rule_fields if pair[0] != MESSAGE]
        pairs = [(looked_in, value) for name, value in logged for looked_in in (name, ANY_LOGGED)]
        atoms = {atom for name, value in pairs for atom in self.matching_atoms(name, value)}
        channels = [value for name, value in logged if name == CHANNEL]
        rules = self.matching_rules(event, atoms, channels)
        return sorted({*rules, *self.text_rules(self.text_context(event, atoms, channels), texts)})

    def text_context(self, event: CanonicalEvent, atoms: set[int], channels: Iterable[str]) -> TextContext:
        """Return what `text_rules` needs of an event besides its texts, given what `matching_rules` got and added."""
        return self._text_rules.context(atoms, prefilters_of(event, channels))

    def text_rules(self, context: TextContext, texts: Sequence[str]) -> tuple[int, ...]:
        """Return the indices of the matching rules that look into texts, ascending."""
        return self._text_rules.matching(context, texts)

    def matching_rules(self, event: CanonicalEvent, atoms: set[int], channels: Iterable[str]) -> list[int]:
        """Return the indices of the matching rules that look into no text, ascending.

        `atoms` are those that match the event's values as logged, `channels` its channels in lower case. The atoms of
        the canonical fields are added to `atoms`.
        """
        for name, value in event.fields:
            if name != MESSAGE:
                atoms.update(self.matching_atoms(name, value))
            atoms.update(self.matching_atoms(ANY, value))
        candidates = sorted({rule for atom in atoms for rule in self._rules_by_trigger[atom]})
        if not candidates:
            return []
        prefilters = prefilters_of(event, channels)
        rules = ((index, self.rules[index]) for index in candidates)
        tried = ((i, one) for i, one in rules if not one.prefilters or not prefilters.isdisjoint(one.prefilters))
        return [i for i, rule in tried if holds(rule.condition, atoms)]

    def uses_field(self, name: str) -> bool:
        """Return whether some pattern is matched against fields of this name."""
        return name in self._tests or field_hash(name) in self._patterns

    def exact_lengths(self, name: str) -> frozenset[int] | None:
        """Return the lengths (bytes) of the values that patterns compare as a whole; None: patterns match parts."""
        used = (self._patterns.get(field_hash(name)), self._tests.get(name))
        lengths = [one.exact_lengths for one in used if one is not None]
        return None if None in lengths else frozenset().union(*[one for one in lengths if one is not None])

    def matching_atoms(self, name: str, value: str) -> tuple[int, ...]:
        """Return the indices of the atoms and tests that match a value of a field."""
        if not value:
            return ()
        tests = self._tests.get(name)
        return (*self._matching_patterns(name, value), *(tests.matching(value) if tests is not None else ()))

    def _matching_patterns(self, name: str, value: str) -> tuple[int, ...]:
        patterns = self._patterns.get(field_hash(name)) if name != MESSAGE else None
        if patterns is None:
            return ()
        if patterns.exact_lengths is not None:
            return tuple(patterns.matching(value))
        atoms = self._cache.get((name, value))
        if atoms is None:
            atoms = tuple(patterns.matching(value))
            size = size_of(value) + size_of(atoms) + _ENTRY_COST
            self._cached_bytes += size
            if self._cached_bytes > _MAX_CACHED_BYTES:
                self._cache.clear()
                self._cached_bytes = size
            self._cache[name, value] = atoms
        return atoms

    def buckets(self, event: CanonicalEvent) -> np.ndarray:
        """Return the gram buckets of an event's rules, their levels and techniques: int32 in [0, count)."""
        buckets = {bucket for rule in event.rules for bucket in self._buckets[rule]}
        return np.array(sorted(buckets), dtype=np.int32)

    def bags(self, events: Sequence[CanonicalEvent], encoded: Sequence[Encoded]) -> list[np.ndarray]:
        """Return the gram buckets of events with matched rules, int32: those of their tokens, then of their rules."""
        first = np.int32(1 << GRAM_BITS)
        pairs = zip(events, encoded, strict=True)
        return [np.concatenate([grams(tokens), first + self.buckets(event)]) for event, tokens in pairs]

    def level_weights(self) -> np.ndarray:
        """Return the weight of the level that each gram bucket stands for, float32 (buckets,); 0 for all others."""
        weights = np.zeros((1 << GRAM_BITS) + self.count, dtype=np.float32)
        for bucket, weight in self._level_weights.items():
            weights[(1 << GRAM_BITS) + bucket] = weight
        return weights

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
        rules = [
            [r.prefilters, r.condition, r.level, r.techniques, r.name, *((r.title, r.act) if r.title else ())]
            for r in self.rules
        ]
        tests = [[one.name, *one.test[: 3 if one.test.needed else 2]] for one in self.tests]
        return save(arrays), json.dumps({"rules": rules, "tests": tests}, separators=(",", ":")) + "\n"

    @classmethod
    def load(cls, arrays: bytes, rules: Mapping[str, Any]) -> RuleMatcher:
        """Read the output of `dump`. Raises ModelRefused where it is malformed."""
        try:
            columns = {name: array.tolist() for name, array in load(arrays).items()}
            literals = list(zip(columns["lengths"], columns["hashes"], strict=True))
            starts = [0, *columns["ends"][:-1]]
            rows = zip(columns["fields"], columns["anchors"], starts, columns["ends"], strict=False)
            atoms = [
                Atom(field, Pattern(tuple(literals[start:end]), bool(anchor & 1), bool(anchor & 2)))
                for field, anchor, start, end in rows
            ]
            compiled = [
                CompiledRule(tuple(prefilters), condition, str(level), tuple(techniques), *map(str, texts))
                for prefilters, condition, level, techniques, *texts in rules["rules"]
            ]
            tests = [
                FieldTest(name, ValueTest(kind, text, *(tuple(map(tuple, sets)) for sets in needed)))
                for name, kind, text, *needed in rules.get("tests", ())
            ]
            return cls(atoms, compiled, tests)
        except Exception as error:
            raise ModelRefused(f"signatures: {error!r}") from error


def _tests_by_name(tests: Sequence[FieldTest], first: int) -> dict[str, ValueTests]:
    by_name: dict[str, dict[int, ValueTest]] = defaultdict(dict)
    for index, one in enumerate(tests, first):
        by_name[one.name][index] = one.test
    return {name: ValueTests(numbered) for name, numbered in by_name.items()}


def load_rule_matcher(folder: ModelFolder) -> RuleMatcher:
    """Return the rules of a model folder, none where it has no such file. Raises ModelRefused."""
    if model_folder.SIGNATURES not in folder.files:
        return NO_RULES
    return RuleMatcher.load(folder.files[model_folder.SIGNATURES], folder.json(model_folder.SIGNATURE_RULES))


#: No rules at all.
NO_RULES = RuleMatcher([], [])
