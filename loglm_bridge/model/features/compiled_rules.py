"""Detection rules of a model folder: conditions over atoms, and the prefilters that select the events of a rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from loglm_bridge.model.features.hashed_patterns import Pattern
from loglm_bridge.telemetry.byte_cache import remembered
from loglm_bridge.telemetry.record import CanonicalEvent

#: A condition: the index of an atom, or ["and"|"or"|"not", condition, ...].
Condition = Any

#: The field name of patterns of any field; they are matched against the canonical fields.
ANY = "*"


@dataclass(frozen=True)
class Atom:
    """A pattern of the field whose name hashes to `field`."""

    field: int
    pattern: Pattern


@dataclass(frozen=True)
class CompiledRule:
    """One rule. It is tried on events with one of its `prefilters`, and matches where `condition` does.

    `name` is the id of its source.
    """

    prefilters: tuple[int, ...]
    condition: Condition
    level: str
    techniques: tuple[str, ...]
    name: str = ""


# --- prefilters and field names --------------------------------------------------------------------------------------


def prefilters_of(event: CanonicalEvent, channels: Iterable[str]) -> set[int]:
    """Return the prefilters of an event: of its family, its kind, each part of the kind, its action, its channels."""
    parts = (prefilter(f"part {part}") for part in event.kind.split(":"))
    actions = (action_prefilter(value) for name, value in event.fields if name == "action")
    by_channel = (prefilter(f"channel {channel}") for channel in channels)
    return {prefilter(event.family), prefilter(f"{event.family} {event.kind}"), *parts, *actions, *by_channel}


@remembered(1)
def prefilter(kind: str) -> int:
    """Return the hash of a kind of events: "family kind", "family", "part <part of a kind>" or "channel <channel>"."""
    return _hash(f"kind {kind}")


@remembered(1)
def action_prefilter(action: str) -> int:
    """Return the hash of events with a value of the field `action`."""
    return _hash(f"action {action}")


@remembered(3)
def field_hash(name: str) -> int:
    """Return the hash of a field name."""
    return _hash(f"field {name}")


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


# --- conditions ------------------------------------------------------------------------------------------------------


def holds(condition: Condition, atoms: set[int]) -> bool:
    """Return whether a condition holds, given the matching atoms."""
    if isinstance(condition, int):
        return condition in atoms
    if condition[0] == "not":
        return not holds(condition[1], atoms)
    results = (holds(part, atoms) for part in condition[1:])
    return all(results) if condition[0] == "and" else any(results)


def rules_by_trigger(rules: Sequence[CompiledRule], atoms: int) -> list[list[int]]:
    """Return for each of `atoms` atoms the indices of rules to try when it matches.

    Wherever a rule matches, one of its triggers does.
    """
    frequency = Counter(atom for rule in rules for atom in set(_positive_atoms(rule.condition)))
    by_trigger: list[list[int]] = [[] for _ in range(atoms)]
    for index, rule in enumerate(rules):
        for atom in set(_triggers(rule.condition, frequency)):
            by_trigger[atom].append(index)
    return by_trigger


def _triggers(condition: Condition, frequency: Mapping[int, int]) -> list[int]:
    """Return atoms of which at least one must match; of several required sets the one least frequent among rules."""
    if isinstance(condition, int):
        return [condition]
    if condition[0] == "or":
        return [atom for part in condition[1:] for atom in _triggers(part, frequency)]
    if condition[0] == "not":
        return []
    required = [triggers for part in condition[1:] if (triggers := _triggers(part, frequency))]
    return min(required, key=lambda atoms: sum(frequency[a] for a in atoms), default=[])


def _positive_atoms(condition: Condition) -> list[int]:
    """Return the atoms of a condition that are not negated."""
    if isinstance(condition, int):
        return [condition]
    return [] if condition[0] == "not" else [atom for part in condition[1:] for atom in _positive_atoms(part)]
