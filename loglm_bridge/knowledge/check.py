"""Checks content: pySigma parses it, each example matches its rule, no twin does, each event can be read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from loglm_bridge.contract.attack_table import TECHNIQUES
from loglm_bridge.contract.errors import LogLMError
from loglm_bridge.contract.event import Event
from loglm_bridge.knowledge.errors import ContentError
from loglm_bridge.knowledge.fields import event_fields, reading
from loglm_bridge.knowledge.loader import rules_of
from loglm_bridge.knowledge.matching import matches
from loglm_bridge.knowledge.rendering.render import render
from loglm_bridge.knowledge.rendering.shapes import Shapes
from loglm_bridge.knowledge.rendering.slots import unknown_slots
from loglm_bridge.knowledge.rule import EventSource, KnowledgeRule

#: Drawings of each example that are tried.
DRAWS = 2


@dataclass(frozen=True)
class Problem:
    """What is wrong with a rule: `where` names file and rule."""

    where: str
    text: str


def check_file(path: Path, root: Path, shapes: Shapes) -> tuple[list[KnowledgeRule], list[Problem]]:
    """Return the rules of a file and all that is wrong with them."""
    problems: list[Problem] = []
    rules: list[KnowledgeRule] = []
    try:
        for rule in rules_of(path, root):
            rules.append(rule)
            problems += check_rule(rule, shapes)
    except ContentError as error:
        problems.append(Problem(error.where, str(error)))
    return rules, problems


def duplicate_names(rules: Iterable[KnowledgeRule]) -> list[Problem]:
    """Return a problem for each name that several rules have."""
    places: dict[str, list[str]] = defaultdict(list)
    for rule in rules:
        places[rule.name].append(rule.where)
    return [Problem(where[0], f"the name is used {len(where)} times") for where in places.values() if len(where) > 1]


def check_rule(rule: KnowledgeRule, shapes: Shapes) -> Iterator[Problem]:
    """Yield what is wrong with one rule."""
    for name in rule.techniques:
        if name not in TECHNIQUES:
            yield Problem(rule.where, f"{name} is no technique of this ATT&CK version")
    if rule.level != "informational" and not rule.examples:
        yield Problem(rule.where, "a rule needs an example")
    for number, example in enumerate(rule.examples, 1):
        yield from _check_event(rule, example, shapes, f"example {number}", wanted=True)
    for number, twin in enumerate(rule.ordinary, 1):
        yield from _check_event(rule, twin.event, shapes, f"twin {number}", wanted=False)


def _check_event(
    rule: KnowledgeRule, source: EventSource, shapes: Shapes, name: str, wanted: bool
) -> Iterator[Problem]:
    for slot in _slots(source):
        yield Problem(rule.where, f"{name}: there is no slot {{{slot}}}; write {{{{{slot}}}}} for braces")
    for seed in range(DRAWS):
        try:
            events = render(rule, source, shapes, f"{name} {seed}", every=True)
            held = [matches(rule.condition, event_fields(event)) for event in events]
        except (LogLMError, KeyError, ValueError) as error:
            yield Problem(rule.where, f"{name}: {error}")
            return
        bad = [event for event, holds in zip(events, held, strict=True) if holds != wanted]
        if bad:
            yield Problem(rule.where, f"{name}: {_misfit(bad[0], wanted)}")
            return


def _misfit(event: Event, wanted: bool) -> str:
    record = reading(event)
    text = "the rule does not match" if wanted else "the rule matches this twin"
    fields = ", ".join(f"{n}={v[:60]!r}" for n, v in record.fields[:30])
    return f"{text} ({event.sourcetype}; read as {record.format}/{record.family}/{record.kind}: {fields})"


def _slots(source: object) -> Iterable[str]:
    if isinstance(source, str):
        return unknown_slots(source)
    if isinstance(source, dict):
        return [slot for key, value in source.items() for slot in (*_slots(key), *_slots(value))]
    return [slot for one in source for slot in _slots(one)] if isinstance(source, list) else []
