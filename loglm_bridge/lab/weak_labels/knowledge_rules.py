"""The project's own rules as compiled rules, and their examples and twins as labelled events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from loglm_bridge.contract.event import Event
from loglm_bridge.knowledge.compile import Compiler
from loglm_bridge.knowledge.rendering.render import render
from loglm_bridge.knowledge.rendering.shapes import Shapes
from loglm_bridge.knowledge.rule import EventSource, KnowledgeRule
from loglm_bridge.model.features.compiled_rules import CompiledRule, Condition, FieldTest, prefilter
from loglm_bridge.model.features.rule_matcher import RuleMatcher
from loglm_bridge.model.features.value_tests import ValueTest
from loglm_bridge.telemetry import parse_record

#: Families of events whose product is not recognised: a rule of another product than Windows is tried on them too.
GENERAL_FAMILIES = ("app", "json", "key_value", "system", "text")

#: Drawings of an example from which the families of a rule's events are read.
_DRAWS = 2


@dataclass(frozen=True)
class KnowledgeEvent:
    """A rendered example or twin of a rule. `number` tells the examples of a rule apart, twins behind examples."""

    rule: KnowledgeRule
    event: Event
    number: int
    ordinary: bool


def rendered(rules: Sequence[KnowledgeRule], shapes: Shapes, draws: int, seed: str) -> Iterator[KnowledgeEvent]:
    """Yield every example and twin of some rules, `draws` times in each shape that can carry it."""
    for rule in rules:
        sources: list[tuple[EventSource, bool]] = [(one, rule.level == "informational") for one in rule.examples]
        sources += [(twin.event, True) for twin in rule.ordinary]
        for number, (source, ordinary) in enumerate(sources):
            for draw in range(draws):
                for event in render(rule, source, shapes, f"{seed} {number} {draw}", every=True):
                    yield KnowledgeEvent(rule, event, number, ordinary)


def with_knowledge(matcher: RuleMatcher, rules: Sequence[KnowledgeRule], shapes: Shapes) -> RuleMatcher:
    """Return a matcher with the project's own rules behind those it has."""
    compiler = Compiler()
    conditions = [compiler.condition(rule) for rule in rules]
    first = len(matcher.atoms)
    tests = [FieldTest(name, ValueTest(kind, text)) for name, kind, text in compiler.tests]
    own = [
        CompiledRule(_prefilters(rule, shapes), _shifted(condition, first), rule.level, rule.techniques, rule.name)
        for rule, condition in zip(rules, conditions, strict=True)
    ]
    return RuleMatcher(matcher.atoms, [*matcher.rules, *own], tests)


def _prefilters(rule: KnowledgeRule, shapes: Shapes) -> tuple[int, ...]:
    """The families as which the rule's events are read, and those of products that are not recognised."""
    families = {parse_record(one.event).family for one in rendered([rule], shapes, _DRAWS, "families")}
    if families - {"windows"} or not families:
        families.update(GENERAL_FAMILIES)
    return tuple(sorted(prefilter(family) for family in families))


def _shifted(condition: Condition, first: int) -> Condition:
    """A condition whose tests are numbered behind `first` atoms."""
    if isinstance(condition, int):
        return condition + first
    return [condition[0], *(_shifted(part, first) for part in condition[1:])]
