"""Compiles Sigma rules into conditions on canonical events (model/features/rule_matcher.py).

The canonical name of a rule's field is found by a probe: a marker word is written into the field of a log event, and
the canonicaliser's output is searched for it. So a rule written for one log matches in every log with the same
canonical names.
"""

from __future__ import annotations

import ipaddress
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sigma.conditions import ConditionAND, ConditionItem, ConditionNOT, ConditionOR, ConditionValueExpression
from sigma.types import (
    SigmaBool,
    SigmaCIDRExpression,
    SigmaExists,
    SigmaExpansion,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaString,
)

from loglm_bridge.lab.data.backgrounds import Backgrounds
from loglm_bridge.lab.weak_labels.log_renderer import SERVICE_SOURCE, Renderer
from loglm_bridge.lab.weak_labels.regex_literals import literals_of
from loglm_bridge.lab.weak_labels.sigma_rules import DetectionRule, read_rules
from loglm_bridge.lab.weak_labels.weak_examples import CatalogueFiles, read_attack_catalogue
from loglm_bridge.model.features.compiled_rules import (
    ANY,
    Atom,
    CompiledRule,
    Condition,
    action_prefilter,
    field_hash,
    prefilter,
)
from loglm_bridge.model.features.hashed_patterns import Pattern, pattern
from loglm_bridge.model.features.rule_matcher import RuleMatcher
from loglm_bridge.telemetry import canonicalise
from loglm_bridge.telemetry.canonical.network import addresses
from loglm_bridge.telemetry.record import CanonicalEvent

#: Fields of the Windows event header: name in rules -> name in a canonical event.
_HEADER = {"EventID": "eventid", "Provider_Name": "provider", "Channel": "channel"}

#: The least number of literal characters of a regular expression that its literals can stand for.
MIN_LITERALS = 2

#: The marker word of a probe; no event holds it.
_MARKER = "hxkqzwvu"


@dataclass
class Compiler:
    """Compiles rules and collects their atoms; equal patterns of the same field share one atom."""

    renderer: Renderer
    atoms: list[Atom] = field(default_factory=list)
    _indices: dict[Atom, int] = field(default_factory=dict)
    _names: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)

    def rule(self, rule: DetectionRule) -> CompiledRule | None:
        """Return the compiled rule; None for a rule whose condition canonical events cannot show."""
        prefilters: set[int] = set()
        for event_id in sorted({str(v) for c in rule.conditions for v in _values_of(c, "EventID")}) or [""]:
            prefilters |= {p for event in self._events(rule, event_id, {}) for p in _prefilters(event, rule)}
        compiled = [self._condition(c, rule, "") for c in rule.conditions]
        usable = [c for c in compiled if c is not None and not _holds_without_match(c)]
        if not usable or not prefilters:
            return None
        return CompiledRule(tuple(sorted(prefilters)), _joined("or", usable), rule.level, rule.techniques, rule.id)

    def _condition(self, item: Any, rule: DetectionRule, event_id: str) -> Condition | None:
        """Return a part of a rule's condition as a condition on canonical events; None if they cannot show it."""
        if isinstance(item, ConditionNOT):
            inner = self._condition(item.args[0], rule, event_id)
            return None if inner is None else ["not", inner]
        if isinstance(item, ConditionAND):
            event_id = next((str(v) for v in _values_of(item, "EventID")), event_id)
            return self._conjunction(item, rule, event_id)
        if isinstance(item, ConditionOR):
            parts = [c for arg in item.args if (c := self._condition(arg, rule, event_id)) is not None]
            return _joined("or", parts) if parts else None
        if isinstance(item, ConditionValueExpression):
            return self._value((ANY,), item.value, False)
        return self._value(self._canonical_names(rule, event_id, item.field), item.value, _anchored(rule))

    def _conjunction(self, item: ConditionAND, rule: DetectionRule, event_id: str) -> Condition | None:
        """Return the conjunction; None if canonical events cannot show one of its parts."""
        parts = [self._condition(arg, rule, event_id) for arg in item.args]
        return None if any(part is None for part in parts) else _joined("and", parts)

    def _value(self, names: Sequence[str], value: Any, anchored: bool) -> Condition | None:
        """Return the condition that one of the fields has a value; None for a value that cannot be compiled."""
        if isinstance(value, SigmaNull) or (isinstance(value, SigmaExists) and not value.exists):
            return ["not", self._atom(names, pattern(()))]
        if isinstance(value, SigmaExists):
            return self._atom(names, pattern(()))
        if isinstance(value, SigmaExpansion):
            parts = [self._value(names, one, anchored) for one in value.values]
            return None if any(part is None for part in parts) else _joined("or", parts)
        if isinstance(value, SigmaRegularExpression):
            literals = literals_of(str(value.regexp))
            return self._atom(names, pattern(literals)) if sum(map(len, literals)) >= MIN_LITERALS else None
        if isinstance(value, SigmaCIDRExpression):
            placeholder = addresses.ip(str(ipaddress.ip_network(value.cidr, strict=False)[-1]))
            return self._atom(names, pattern((placeholder,), True, True)) if placeholder.startswith("{") else None
        if isinstance(value, (SigmaNumber, SigmaBool)):
            return self._atom(names, pattern((str(value),), anchored, anchored))
        if not isinstance(value, SigmaString):
            return None
        if not value.s or not str(value):
            return ["not", self._atom(names, pattern(()))]
        return self._atom(names, _pattern(value, anchored))

    def _atom(self, names: Sequence[str], wanted: Pattern) -> Condition:
        """Return the condition that one of the fields matches a pattern."""
        indices: list[Condition] = []
        for name in names:
            atom = Atom(field_hash(name), wanted)
            index = self._indices.setdefault(atom, len(self.atoms))
            if index == len(self.atoms):
                self.atoms.append(atom)
            indices.append(index)
        return _joined("or", indices)

    def _canonical_names(self, rule: DetectionRule, event_id: str, name: str) -> tuple[str, ...]:
        """Return the canonical names of a rule's field; its own name in lower case if no probe finds one."""
        if rule.product == "windows" and name in _HEADER:
            return (_HEADER[name],)
        key = (rule.product, rule.category, rule.service, event_id, name)
        if key not in self._names:
            names = {
                n
                for event in self._events(rule, event_id, {name: _MARKER})
                for n, value in (*event.rule_fields, *event.fields)
                if _MARKER in value
            }
            self._names[key] = tuple(sorted(names)) or (name.lower(),)
        return self._names[key]

    def _events(self, rule: DetectionRule, event_id: str, values: dict[str, str]) -> Iterator[CanonicalEvent]:
        """Yield the canonical events of the rule's log source with the given field values."""
        self.renderer.rng.seed(0)  # the same ordinary events every time
        if rule.product == "windows" and rule.category == "process_creation":
            defaults = {"Image": "C:\\vv.exe", "CommandLine": "vv", "ParentImage": "C:\\uu.exe", **values}
            yield canonicalise(self.renderer.windows("sysmon:1", defaults))
            return
        identity = {"EventID": event_id} if rule.service and event_id else {}
        for record in self.renderer.rule(rule.product, rule.category, rule.service, {**identity, **values}):
            yield canonicalise(record)


def from_files(files: CatalogueFiles, ordinary: Backgrounds) -> RuleMatcher:
    """Compile the rules of the archive of Sigma rules."""
    successors = read_attack_catalogue(files.attack)[0]
    return compile_rules(read_rules(files.sigma, successors), Renderer(ordinary, random.Random(0)))[0]


def compile_rules(rules: Sequence[DetectionRule], renderer: Renderer) -> tuple[RuleMatcher, list[str]]:
    """Return the rules that could be compiled, and their ids in the same order."""
    compiler = Compiler(renderer)
    compiled = [(rule.id, one) for rule in rules if (one := compiler.rule(rule)) is not None]
    return RuleMatcher(compiler.atoms, [one for _, one in compiled]), [id_ for id_, _ in compiled]


def _prefilters(event: CanonicalEvent, rule: DetectionRule) -> Iterator[int]:
    """Yield the prefilters of a rule for a kind of event.

    A rule of a category matches in all logs that share its action. A rule of a service or a cloud is tried on all of
    its events.
    """
    action = dict(event.fields).get("action")
    if rule.category and action and rule.product == "windows":
        yield action_prefilter(action)
    if rule.product == "windows" and rule.service:
        yield prefilter(f"part {event.kind.partition(':')[0]}")
        yield prefilter(f"channel {SERVICE_SOURCE[rule.service][1].lower()}")
    else:
        yield prefilter(f"{event.family} {event.kind}" if rule.category else event.family)


def _anchored(rule: DetectionRule) -> bool:
    """Return whether a canonical field holds one field of the rule alone.

    The command of a Unix log and the address of a web request hold several fields of a rule.
    """
    return rule.product not in ("linux", "macos") and rule.category not in ("webserver", "proxy")


def _values_of(item: Any, name: str) -> Iterator[Any]:
    """Yield the values that a condition names for a field, negations left out."""
    if isinstance(item, (ConditionAND, ConditionOR)):
        for arg in item.args:
            yield from _values_of(arg, name)
    elif not isinstance(item, (ConditionNOT, ConditionItem, ConditionValueExpression)) and item.field == name:
        yield item.value


def _pattern(value: SigmaString, anchored: bool) -> Pattern:
    literals = [part for part in value.s if isinstance(part, str)]
    if not anchored:
        return pattern([literal.removeprefix("/") for literal in literals])
    return pattern(literals, isinstance(value.s[0], str), isinstance(value.s[-1], str))


def _joined(operator: str, parts: Sequence[Condition]) -> Condition:
    return parts[0] if len(parts) == 1 else [operator, *parts]


def _holds_without_match(condition: Condition) -> bool:
    """Return whether a condition may hold for an event in which no atom matches."""
    if isinstance(condition, int):
        return False
    if condition[0] == "and":
        return all(_holds_without_match(part) for part in condition[1:])
    return condition[0] == "not" or any(_holds_without_match(part) for part in condition[1:])
