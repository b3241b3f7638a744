"""Detection rules of a model folder: conditions over atoms, and the prefilters that select the events of a rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from loglm_bridge.model.features.hashed_patterns import Pattern
from loglm_bridge.model.features.value_tests import ValueTest
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

    `name` is the id of its source. `level` is that of a SigmaHQ rule, or "<origin> <level>". `title` and `act` (one
    sentence: what happened) are those of the project's own rules.
    """

    prefilters: tuple[int, ...]
    condition: Condition
    level: str
    techniques: tuple[str, ...]
    name: str = ""
    title: str = ""
    act: str = ""

    @property
    def origin(self) -> str:
        """Who wrote the rule: `own` or `sigma`, or what else begins its level."""
        return self.level.rpartition(" ")[0] or "sigma"

    @property
    def severity(self) -> str:
        """The level without its origin: informational, low, medium, high or critical."""
        return self.level.rpartition(" ")[2]

    def to_dict(self) -> dict[str, Any]:
        """Return the rule as explanations and inspections name it."""
        named = {"title": self.title, "act": self.act} if self.title else {}
        level, techniques = self.severity, list(self.techniques)
        return {"id": self.name, "origin": self.origin, **named, "level": level, "techniques": techniques}


@dataclass(frozen=True)
class FieldTest:
    """A test of the values of the field `name`, as logged or canonical. It ships as text: for own rules."""

    name: str
    test: ValueTest


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


def holds(condition: Condition, atoms: Container[int]) -> bool:
    """Return whether a condition holds, given the matching atoms."""
    if isinstance(condition, int):
        return condition in atoms
    if condition[0] == "not":
        return not holds(condition[1], atoms)
    results = (holds(part, atoms) for part in condition[1:])
    return all(results) if condition[0] == "and" else any(results)


def rules_by_trigger(
    rules: Sequence[CompiledRule], atoms: int, without: Container[int] = frozenset()
) -> list[list[int]]:
    """Return for each of `atoms` atoms the indices of rules to try when it matches, but those `without`.

    Wherever a rule matches, one of its triggers does.
    """
    frequency = Counter(atom for rule in rules for atom in set(positive_atoms(rule.condition)))
    by_trigger: list[list[int]] = [[] for _ in range(atoms)]
    for index, rule in enumerate(rules):
        if index in without:
            continue
        for atom in set(triggers(rule.condition, frequency)):
            by_trigger[atom].append(index)
    return by_trigger


def triggers(condition: Condition, cost: Mapping[int, float]) -> list[int]:
    """Return atoms of which at least one matches wherever the condition holds; of several such sets the cheapest."""
    if isinstance(condition, int):
        return [condition]
    if condition[0] == "or":
        return [atom for part in condition[1:] for atom in triggers(part, cost)]
    if condition[0] == "not":
        return []
    required = [atoms for part in condition[1:] if (atoms := triggers(part, cost))]
    return min(required, key=lambda atoms: sum(cost[atom] for atom in atoms), default=[])


def positive_atoms(condition: Condition) -> list[int]:
    """Return the atoms of a condition that are not negated, in their order."""
    if isinstance(condition, int):
        return [condition]
    return [] if condition[0] == "not" else [atom for part in condition[1:] for atom in positive_atoms(part)]
