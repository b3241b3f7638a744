"""Stage `signatures`: detection rules compiled into the conditions of model/features/rule_matcher.py.

Under which canonical name a rule's field arrives is asked of the canonicaliser: a mark is written into the field of a
log event, and looked for in what comes out. So a rule written for one log holds in every log that shares the names.
"""

from __future__ import annotations

import ipaddress
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
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
from loglm_bridge.lab.weak_labels.sigma_rules import Rule, read_rules
from loglm_bridge.lab.weak_labels.weak_examples import TeacherFiles, catalogue
from loglm_bridge.model.features.hashed_patterns import Pattern, pattern
from loglm_bridge.model.features.rule_matcher import (
    ANY,
    Atom,
    CompiledRule,
    Condition,
    RuleMatcher,
    action_prefilter,
    field_hash,
    prefilter,
)
from loglm_bridge.model.folder import model_folder
from loglm_bridge.telemetry import canonicalise
from loglm_bridge.telemetry.canonical.network import addresses
from loglm_bridge.telemetry.record import CanonicalEvent

#: Names of the Windows event header in rules -> in a parsed event.
_HEADER = {"EventID": "eventid", "Provider_Name": "provider", "Channel": "channel"}

#: Characters that a regular expression must demand for its literals to stand for it.
LEAST_LITERAL = 2

#: A word no event holds.
_MARK = "hxkqzwvu"


@dataclass
class Compiler:
    """Collects atoms; the same pattern of the same field is one atom."""

    renderer: Renderer
    atoms: list[Atom] = field(default_factory=list)
    _numbers: dict[Atom, int] = field(default_factory=dict)
    _names: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)

    def rule(self, rule: Rule) -> CompiledRule | None:
        """Return the compiled rule, None where what it asks for cannot be seen in an event."""
        prefilters: set[int] = set()
        for event_id in sorted({str(v) for c in rule.conditions for v in _values_of(c, "EventID")}) or [""]:
            prefilters |= {g for form in self._events(rule, event_id, {}) for g in _prefilters(form, rule)}
        compiled = [self._condition(c, rule, "") for c in rule.conditions]
        found = [c for c in compiled if c is not None and not _negative(c)]
        if not found or not prefilters:
            return None
        return CompiledRule(tuple(sorted(prefilters)), _joined("or", found), rule.level, rule.techniques, rule.id)

    def _condition(self, item: Any, rule: Rule, event_id: str) -> Condition | None:
        if isinstance(item, ConditionNOT):
            inner = self._condition(item.args[0], rule, event_id)
            return None if inner is None else ["not", inner]
        if isinstance(item, ConditionAND):
            event_id = next((str(v) for v in _values_of(item, "EventID")), event_id)
            return self._all(item, rule, event_id)
        if isinstance(item, ConditionOR):
            parts = [c for arg in item.args if (c := self._condition(arg, rule, event_id)) is not None]
            return _joined("or", parts) if parts else None
        if isinstance(item, ConditionValueExpression):
            return self._value((ANY,), item.value, False)
        return self._value(self._found_names(rule, event_id, item.field), item.value, _anchored(rule))

    def _all(self, item: ConditionAND, rule: Rule, event_id: str) -> Condition | None:
        """A demand or an exception that cannot be seen makes the whole invisible."""
        parts = [self._condition(arg, rule, event_id) for arg in item.args]
        return None if any(part is None for part in parts) else _joined("and", parts)

    def _value(self, names: Sequence[str], value: Any, anchored: bool) -> Condition | None:
        if isinstance(value, SigmaNull) or (isinstance(value, SigmaExists) and not value.exists):
            return ["not", self._atom(names, pattern(()))]
        if isinstance(value, SigmaExists):
            return self._atom(names, pattern(()))
        if isinstance(value, SigmaExpansion):
            parts = [self._value(names, one, anchored) for one in value.values]
            return None if any(part is None for part in parts) else _joined("or", parts)
        if isinstance(value, SigmaRegularExpression):
            literals = literals_of(str(value.regexp))
            return self._atom(names, pattern(literals)) if sum(map(len, literals)) >= LEAST_LITERAL else None
        if isinstance(value, SigmaCIDRExpression):
            token = addresses.ip(str(ipaddress.ip_network(value.cidr, strict=False)[-1]))
            return self._atom(names, pattern((token,), True, True)) if token.startswith("{") else None
        if isinstance(value, (SigmaNumber, SigmaBool)):
            return self._atom(names, pattern((str(value),), anchored, anchored))
        if not isinstance(value, SigmaString):
            return None
        if not value.s or not str(value):
            return ["not", self._atom(names, pattern(()))]
        return self._atom(names, _pattern(value, anchored))

    def _atom(self, names: Sequence[str], wanted: Pattern) -> Condition:
        found: list[Condition] = []
        for name in names:
            atom = Atom(field_hash(name), wanted)
            number = self._numbers.setdefault(atom, len(self.atoms))
            if number == len(self.atoms):
                self.atoms.append(atom)
            found.append(number)
        return _joined("or", found)

    def _found_names(self, rule: Rule, event_id: str, name: str) -> tuple[str, ...]:
        """The names under which a rule's field arrives; its own in lower case where it is not seen to arrive."""
        if rule.product == "windows" and name in _HEADER:
            return (_HEADER[name],)
        key = (rule.product, rule.category, rule.service, event_id, name)
        if key not in self._names:
            names = {
                n
                for form in self._events(rule, event_id, {name: _MARK})
                for n, value in (*form.rule_fields, *form.fields)
                if _MARK in value
            }
            self._names[key] = tuple(sorted(names)) or (name.lower(),)
        return self._names[key]

    def _events(self, rule: Rule, event_id: str, values: dict[str, str]) -> Iterator[CanonicalEvent]:
        self.renderer.rng.seed(0)  # the same surroundings every time
        if rule.product == "windows" and rule.category == "process_creation":
            plain = {"Image": "C:\\vv.exe", "CommandLine": "vv", "ParentImage": "C:\\uu.exe", **values}
            yield canonicalise(self.renderer.windows("sysmon:1", plain))
            return
        identity = {"EventID": event_id} if rule.service and event_id else {}
        for record in self.renderer.rule(rule.product, rule.category, rule.service, {**identity, **values}):
            yield canonicalise(record)


def from_files(files: TeacherFiles, ordinary: Backgrounds) -> RuleMatcher:
    """Compile the rules of the teacher's archive."""
    successors = catalogue(files.attack)[0]
    return compile_rules(read_rules(files.sigma, successors), Renderer(ordinary, random.Random(0)))[0]


def save(signatures: RuleMatcher, folder: Path) -> None:
    """Write the signatures into a run folder."""
    tensors, rules = signatures.dump()
    (folder / model_folder.SIGNATURES).write_bytes(tensors)
    (folder / model_folder.SIGNATURE_RULES).write_text(rules, encoding="utf-8")


def load(folder: Path) -> RuleMatcher:
    """Read what `save` wrote."""
    rules = json.loads((folder / model_folder.SIGNATURE_RULES).read_text("utf-8"))
    return RuleMatcher.load((folder / model_folder.SIGNATURES).read_bytes(), rules)


def compile_rules(rules: Sequence[Rule], renderer: Renderer) -> tuple[RuleMatcher, list[str]]:
    """Return the compiled rules, and the ids of those that could be, in the same order."""
    compiler = Compiler(renderer)
    compiled = [(rule.id, made) for rule in rules if (made := compiler.rule(rule)) is not None]
    return RuleMatcher(compiler.atoms, [made for _, made in compiled]), [name for name, _ in compiled]


def _prefilters(form: CanonicalEvent, rule: Rule) -> Iterator[int]:
    """An action that logs share lets a rule hold in all of them; a service's or cloud's rule looks at all it has."""
    action = dict(form.fields).get("action")
    if rule.category and action and rule.product == "windows":
        yield action_prefilter(action)
    if rule.product == "windows" and rule.service:
        yield prefilter(f"part {form.kind.partition(':')[0]}")
        yield prefilter(f"channel {SERVICE_SOURCE[rule.service][1].lower()}")
    else:
        yield prefilter(f"{form.family} {form.kind}" if rule.category else form.family)


def _anchored(rule: Rule) -> bool:
    """Whether a field arrives whole: the command of a Unix log and the address of a request hold several."""
    return rule.product not in ("linux", "macos") and rule.category not in ("webserver", "proxy")


def _values_of(item: Any, name: str) -> Iterator[Any]:
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


def _joined(word: str, parts: Sequence[Condition]) -> Condition:
    return parts[0] if len(parts) == 1 else [word, *parts]


def _negative(condition: Condition) -> bool:
    """Whether a condition may hold without anything being there."""
    if isinstance(condition, int):
        return False
    if condition[0] == "and":
        return all(_negative(part) for part in condition[1:])
    return condition[0] == "not" or any(_negative(part) for part in condition[1:])
