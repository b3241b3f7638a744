"""Which fields of an event make a rule match: for explanations, so not fast."""

from __future__ import annotations

from collections.abc import Iterator

from loglm_bridge.model.features.compiled_rules import ANY, positive_atoms
from loglm_bridge.model.features.rule_matcher import RuleMatcher
from loglm_bridge.telemetry.fastpath.canonical_cache import ANY_LOGGED
from loglm_bridge.telemetry.record import CanonicalEvent, Field


def rule_evidence(matcher: RuleMatcher, rule: int, event: CanonicalEvent) -> list[Field]:
    """Return the (name, value) pairs that satisfy a part of a matching rule's condition, each value once.

    Names and values are those that rules see: of the product, in lower case, and canonical ones.
    """
    wanted = set(positive_atoms(matcher.rules[rule].condition))
    by_value: dict[str, str] = {}
    for looked_in, name, value in _looked_at(event):
        if value not in by_value and not wanted.isdisjoint(matcher.matching_atoms(looked_in, value)):
            by_value[value] = name
    return [(name, value) for value, name in by_value.items()]


def _looked_at(event: CanonicalEvent) -> Iterator[tuple[str, str, str]]:
    """Yield (name under which patterns are looked up, name, value) of everything that rules are matched against."""
    for any_name, fields in ((ANY_LOGGED, event.rule_fields), (ANY, event.fields)):
        for name, value in fields:
            yield name, name, value
            yield any_name, name, value
