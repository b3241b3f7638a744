"""Rules to tests of single values and conditions over them: what the model's rule matcher evaluates.

A field's name in a rule stands for every name under which an event may present it: the product's own, and the canonical
names that Sigma's name means (fields.py). A keyword is looked for in `message` and in every other value.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionNOT,
    ConditionOR,
    ConditionValueExpression,
)
from sigma.types import (
    CompareOperators,
    SigmaBool,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaExpansion,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaString,
    SpecialChars,
)

from loglm_bridge.knowledge.errors import ContentError
from loglm_bridge.knowledge.fields import SIGMA_NAMES
from loglm_bridge.knowledge.rule import KnowledgeRule

#: A condition: a test's number, or ["and" | "or" | "not", condition, ...].
Condition = Any

#: The name of tests that are made of every value.
ANY = "*logged"

_COMPARE = {
    CompareOperators.LT: "below",
    CompareOperators.LTE: "at_most",
    CompareOperators.GT: "above",
    CompareOperators.GTE: "at_least",
}

#: What anchors a literal text -> the kind of its test.
_LITERAL_KINDS = {("", ""): "contains", ("^", ""): "starts", ("", "$"): "ends", ("^", "$"): "equals"}

#: Sigma's name (lower case) -> canonical names.
_CANONICAL: dict[str, list[str]] = {}
for _canonical, _names in SIGMA_NAMES.items():
    for _name in _names:
        _CANONICAL.setdefault(_name.lower(), []).append(_canonical)

#: A test: (field name, kind, text), as model/features/value_tests.py reads it.
Test = tuple[str, str, str]


@dataclass
class Compiler:
    """Collects tests; the same test of the same field is made once."""

    tests: dict[Test, int] = field(default_factory=dict)

    def condition(self, rule: KnowledgeRule) -> Condition:
        """Return a rule's condition over numbers of tests. Raises ContentError for what cannot be tested."""
        try:
            return self._item(rule.condition)
        except ContentError as error:
            raise ContentError(str(error), where=rule.where) from error

    def _item(self, item: Any) -> Condition:
        if isinstance(item, ConditionNOT):
            return ["not", self._item(item.args[0])]
        if isinstance(item, ConditionAND):
            return joined("and", [self._item(part) for part in item.args])
        if isinstance(item, ConditionOR):
            return joined("or", [self._item(part) for part in item.args])
        if isinstance(item, ConditionValueExpression):
            return self._value(("message", ANY), item.value, keyword=True)
        if isinstance(item, ConditionFieldEqualsValueExpression):
            return self._value(names_of(item.field), item.value, keyword=False)
        raise ContentError(f"a rule may not use {type(item).__name__}")

    def _value(self, names: Sequence[str], value: Any, keyword: bool) -> Condition:
        if isinstance(value, SigmaExpansion):
            return joined("or", [self._value(names, one, keyword) for one in value.values])
        if isinstance(value, SigmaExists):
            there = self._test(names, "exists", "")
            return there if value.exists else ["not", there]
        if isinstance(value, SigmaNull) or (isinstance(value, SigmaString) and not value.s):
            return ["not", self._test(names, "exists", "")]
        return self._test(names, *value_test(value, keyword))

    def _test(self, names: Sequence[str], kind: str, text: str) -> Condition:
        numbers = [self.tests.setdefault((name, kind, text), len(self.tests)) for name in names]
        return joined("or", numbers)


def names_of(name: str) -> tuple[str, ...]:
    """Return the names under which events present a rule's field."""
    folded = name.lower()
    return tuple(dict.fromkeys((folded, *_CANONICAL.get(folded, ()))))


def value_test(value: Any, keyword: bool = False) -> tuple[str, str]:
    """Return (kind, text) of the test that a value of a rule is. Raises ContentError."""
    if isinstance(value, SigmaString):
        return _string_test(value, keyword)
    if isinstance(value, SigmaRegularExpression):
        return "matches", str(value.regexp)
    if isinstance(value, SigmaCIDRExpression):
        return "network", value.cidr
    if isinstance(value, SigmaCompareExpression):
        return _COMPARE[value.op], str(value.number)
    if isinstance(value, (SigmaNumber, SigmaBool)):
        return "equals", str(value).lower()
    raise ContentError(f"a rule may not use {type(value).__name__}")


def _string_test(value: SigmaString, keyword: bool) -> tuple[str, str]:
    parts = list(value.s)
    if not keyword and all(isinstance(part, str) for part in parts):
        return "equals", "".join(map(str, parts)).lower()
    head = "" if keyword else "^"
    tail = "" if keyword else "$"
    if parts and parts[0] == SpecialChars.WILDCARD_MULTI:
        head, parts = "", parts[1:]
    if parts and parts[-1] == SpecialChars.WILDCARD_MULTI:
        tail, parts = "", parts[:-1]
    if not parts:
        return "exists", ""
    if len(parts) == 1 and isinstance(parts[0], str):
        return _LITERAL_KINDS[head, tail], parts[0].lower()
    return "matches", head + "".join(map(_expression, parts)) + tail


def _expression(part: Any) -> str:
    if part == SpecialChars.WILDCARD_MULTI:
        return ".*"
    if part == SpecialChars.WILDCARD_SINGLE:
        return "."
    return re.sub(r"([!-/:-@\[-^`{-~])", r"\\\1", str(part).lower())  # RE2 takes a backslash before ASCII only


_WORD = re.compile(r"[^\W_][\w]{2,39}")


def rule_words(rules: Sequence[KnowledgeRule]) -> frozenset[str]:
    """Return the words of the values that rules look for, in lower case: names of operations, tools and options."""
    compiler = Compiler()
    for rule in rules:
        compiler.condition(rule)
    texts = (text for _, kind, text in compiler.tests if kind in ("equals", "contains", "starts", "ends", "matches"))
    return frozenset(word.lower() for text in texts for word in _WORD.findall(text.replace("\\", " ")))


def joined(word: str, parts: Sequence[Condition]) -> Condition:
    """Return several conditions as one; a single one as it is."""
    return parts[0] if len(parts) == 1 else [word, *parts]
