"""The project's own rules as compiled rules, and their examples and twins as labelled events."""

from __future__ import annotations

from collections.abc import Sequence

from loglm_bridge.knowledge.compile import Compiler
from loglm_bridge.knowledge.needed_texts import needed_texts
from loglm_bridge.knowledge.rendering.render import rendered
from loglm_bridge.knowledge.rendering.shapes import Shapes
from loglm_bridge.knowledge.rule import KnowledgeRule
from loglm_bridge.lab.data.labels import ATTACK_LEVELS
from loglm_bridge.model.classifier.rule_techniques import RuleTechniques
from loglm_bridge.model.features.compiled_rules import CompiledRule, Condition, FieldTest, prefilter
from loglm_bridge.model.features.ngrams import GRAM_BITS
from loglm_bridge.model.features.rule_matcher import RuleMatcher
from loglm_bridge.model.features.value_tests import ValueTest, expression
from loglm_bridge.telemetry import parse_record

#: Families of events whose product is not recognised: a rule of another product than Windows is tried on them too.
GENERAL_FAMILIES = ("app", "json", "key_value", "system", "text")

#: Begins the level of a rule of the project's own.
OWN = "own "

#: Logits that a rule of a level adds to its techniques, the first one, the second one and the others.
_TECHNIQUE_LOGITS = {
    "critical": (12.0, 10.0, 9.0),
    "high": (12.0, 10.0, 9.0),
    "medium": (9.0, 7.5, 6.5),
    "low": (5.0, 4.0, 3.5),
}

#: Drawings of an example from which the families of a rule's events are read.
_DRAWS = 2


def with_knowledge(matcher: RuleMatcher, rules: Sequence[KnowledgeRule], shapes: Shapes) -> RuleMatcher:
    """Return a matcher with the project's own rules behind those it has.

    Rules of level informational are lessons only: what matches them is everyday telemetry.
    """
    rules = [rule for rule in rules if rule.level != "informational"]
    compiler = Compiler()
    conditions = [compiler.condition(rule) for rule in rules]
    first = len(matcher.atoms)
    tests = [FieldTest(name, value_test(kind, text)) for name, kind, text in compiler.tests]
    own = [
        CompiledRule(
            _prefilters(rule, shapes),
            _shifted(condition, first),
            OWN + rule.level,
            rule.techniques,
            rule.name,
            rule.title,
            rule.act if rule.act != rule.title else "",
        )
        for rule, condition in zip(rules, conditions, strict=True)
    ]
    return RuleMatcher(matcher.atoms, [*matcher.rules, *own], tests)


def value_test(kind: str, text: str) -> ValueTest:
    """Return a test as the matcher takes it. Raises ModelRefused for an expression that RE2 does not take."""
    if kind != "matches":
        return ValueTest(kind, text)
    expression(text)
    return ValueTest(kind, text, needed_texts(text))


def alert_rules(matcher: RuleMatcher, own: bool) -> frozenset[int]:
    """Return the indices of the rules of level medium and above; only those of the project if `own`."""
    return frozenset(
        index
        for index, rule in enumerate(matcher.rules)
        if rule.severity in ATTACK_LEVELS and (rule.origin == OWN.strip() or not own)
    )


def rule_techniques(matcher: RuleMatcher, labels: Sequence[str]) -> RuleTechniques:
    """Return what the own rules of a matcher add to the logits of techniques, given the order of the labels."""
    index = {label: i for i, label in enumerate(labels)}
    first = 1 << GRAM_BITS
    return RuleTechniques.of(
        (first + number, index[technique], logits[min(place, 2)])
        for number, rule in enumerate(matcher.rules)
        if (logits := _TECHNIQUE_LOGITS.get(rule.level.removeprefix(OWN))) and rule.level.startswith(OWN)
        for place, technique in enumerate(rule.techniques)
        if technique in index
    )


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
