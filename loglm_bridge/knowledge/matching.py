"""The reference evaluation of a rule: one condition tree over the fields of one parsed event, read by eye.

Follows the Sigma specification: names and values regardless of case, `*` and `?` as wildcards, a list as alternatives.
A keyword (a value without a field) is looked for in every field. The compiled rules of model/features/rule_matcher.py
must agree with it; a test compares them.
"""

from __future__ import annotations

import ipaddress
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
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

#: A node of the tree that pySigma makes of a condition.
Condition = Any

_COMPARE = {
    CompareOperators.LT: lambda a, b: a < b,
    CompareOperators.LTE: lambda a, b: a <= b,
    CompareOperators.GT: lambda a, b: a > b,
    CompareOperators.GTE: lambda a, b: a >= b,
}


class FieldIndex:
    """The values of an event by lower-case field name; an empty value is no value."""

    def __init__(self, fields: Iterable[tuple[str, str]]) -> None:
        self.values: Mapping[str, list[str]] = defaultdict(list)
        for name, value in fields:
            if value:
                self.values[name.lower()].append(value)

    def of(self, name: str) -> Sequence[str]:
        """Return the values of a field, none where the event has no such field."""
        return self.values.get(name.lower(), ())


def matches(condition: Condition, fields: FieldIndex) -> bool:
    """Tell whether a parsed Sigma condition holds for an event.

    Raises:
        ContentError: the condition uses a value type that no rule here may use.
    """
    if isinstance(condition, ConditionAND):
        return all(matches(part, fields) for part in condition.args)
    if isinstance(condition, ConditionOR):
        return any(matches(part, fields) for part in condition.args)
    if isinstance(condition, ConditionNOT):
        return not matches(condition.args[0], fields)
    if isinstance(condition, ConditionValueExpression):
        everywhere = [value for values in fields.values.values() for value in values]
        return any(_keyword(condition.value, value) for value in everywhere)
    if isinstance(condition, ConditionFieldEqualsValueExpression):
        return _field_matches(condition.value, fields.of(condition.field))
    raise ContentError(f"rules may not use {type(condition).__name__}")


def _field_matches(wanted: Any, values: Sequence[str]) -> bool:
    if isinstance(wanted, SigmaExists):
        return bool(wanted) == any(value != "" for value in values)
    if isinstance(wanted, SigmaNull):
        return not any(value != "" for value in values)
    if isinstance(wanted, SigmaString) and not wanted.s:
        return not any(value != "" for value in values)
    return any(value_matches(wanted, value) for value in values)


def value_matches(wanted: Any, value: str) -> bool:
    """Tell whether one value satisfies what a rule wants of it. Raises ContentError."""
    if isinstance(wanted, SigmaString):
        return re.fullmatch(_glob(wanted), value, re.DOTALL | re.IGNORECASE) is not None
    if isinstance(wanted, SigmaExpansion):
        return any(value_matches(one, value) for one in wanted.values)
    if isinstance(wanted, SigmaRegularExpression):
        # Sigma's regular expressions heed case; rules here are matched against lower-cased values
        return re.search(str(wanted.regexp), value, re.DOTALL | re.IGNORECASE) is not None
    if isinstance(wanted, SigmaCIDRExpression):
        return _in_network(value, wanted.cidr)
    if isinstance(wanted, SigmaCompareExpression):
        number = _number(value)
        return number is not None and _COMPARE[wanted.op](number, float(wanted.number.number))
    if isinstance(wanted, SigmaNumber):
        return value.strip() == str(wanted) or _number(value) == float(wanted.number)
    if isinstance(wanted, SigmaBool):
        return value.lower() == str(bool(wanted.boolean)).lower()
    raise ContentError(f"rules may not use {type(wanted).__name__}")


def _keyword(wanted: Any, value: str) -> bool:
    if isinstance(wanted, SigmaString):
        return re.search(_glob(wanted), value, re.DOTALL | re.IGNORECASE) is not None
    return value_matches(wanted, value)


def _glob(text: SigmaString) -> str:
    parts = []
    for part in text.s:
        if part == SpecialChars.WILDCARD_MULTI:
            parts.append(".*")
        elif part == SpecialChars.WILDCARD_SINGLE:
            parts.append(".")
        else:
            parts.append(re.escape(str(part)))
    return "".join(parts)


def _in_network(value: str, cidr: str) -> bool:
    try:
        return ipaddress.ip_address(value.strip()) in ipaddress.ip_network(cidr, strict=False)
    except ValueError:
        return False


def _number(value: str) -> float | None:
    try:
        return float(int(value, 16)) if value.lower().startswith("0x") else float(value)
    except ValueError:
        return None
