"""An explanation as text for people: what happened, what it rests on, and what the model knows that is like it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

#: Maximum characters of a value in a summary.
_MAX_VALUE = 60

#: Fields that a summary names, and the least share of one.
_FIELDS = 3
_MIN_SHARE = 0.1


def summary(explanation: Mapping[str, Any]) -> str:
    """Return an explanation (model/explanation.py) as a few sentences on one line."""
    parts = [*_rules(explanation["rules"]), *_fields(explanation["fields"]), *_context(explanation.get("context"))]
    if not explanation["rules"]:
        parts += _nearest(explanation["neighbours"])
    return " ".join(parts)


def _rules(rules: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what the most severe titled rule says, and how many others match."""
    titled = [rule for rule in rules if rule.get("title")]
    if not rules:
        return ["No rule matches."]
    if not titled:
        named = ", ".join(f"{rule['id']} ({rule['level']})" for rule in rules[:2])
        return [f"Matches {_count(len(rules), 'published rule')}: {named}."]
    first = titled[0]
    because = ", ".join(f"{one['name']}={_short(one['value'])}" for one in first["because"][:_FIELDS])
    told = [f"{(first['act'] or first['title']).rstrip('.')}.", f"Rule {first['id']} ({first['level']}): {because}."]
    others = [rule["title"] for rule in titled[1:3]]
    return told + ([f"Also: {'; '.join(others)}."] if others else [])


def _fields(fields: Sequence[Mapping[str, Any]]) -> list[str]:
    named = [
        f"{one['name']}={_short(one['value'])} ({one['share']:.0%})" for one in fields if one["share"] >= _MIN_SHARE
    ]
    return [f"The score rests on {', '.join(named[:_FIELDS])}."] if named else []


def _context(context: Mapping[str, Any] | None) -> list[str]:
    if context is None:
        return []
    return [f"Alone {context['alone']:.2f}, with the other events of its entity {context['together']:.2f}."]


def _nearest(neighbours: Sequence[Mapping[str, Any]]) -> list[str]:
    titled = [one for one in neighbours if one.get("title")]
    return [f"Nearest known: {titled[0]['title']} (similarity {titled[0]['similarity']:.2f})."] if titled else []


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("s" if number != 1 else "")


def _short(value: str) -> str:
    return value if len(value) <= _MAX_VALUE else value[: _MAX_VALUE - 3] + "..."
