"""Sigma rules as a teacher: field values that make a rule fire.

A rule is a statement by its author that events with such values show a technique. One way through its condition is
drawn at a time (one branch of every OR, all of every AND, negations left to chance) and each pattern is filled to a
plain value. Parsing is pySigma's.
"""

from __future__ import annotations

import random
import re
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from sigma.conditions import ConditionAND, ConditionItem, ConditionNOT, ConditionOR, ConditionValueExpression
from sigma.exceptions import SigmaError
from sigma.rule import SigmaRule
from sigma.types import SigmaBool, SigmaExpansion, SigmaNumber, SigmaRegularExpression, SigmaString, SpecialChars

from loglm_bridge.lab.weak_labels.regex_sample import sample_regex

#: Field under which keyword conditions (no field named) are filed.
KEYWORDS = ""

_TECHNIQUE_TAG = re.compile(r"attack\.(t\d{4}(?:\.\d{3})?)\Z")


@dataclass(frozen=True)
class Rule:
    """A parsed rule that names at least one technique."""

    id: str
    level: str
    techniques: tuple[str, ...]
    product: str
    category: str
    service: str
    conditions: tuple[Any, ...]


@dataclass(frozen=True)
class RuleFill:
    """Field values (raw names as the rule writes them) that satisfy one way through a rule."""

    rule: Rule
    values: Mapping[str, str]


def read_rules(archive: Path, successors: Mapping[str, str]) -> list[Rule]:
    """Read the rules of a tar archive of YAML files, in the archive's order.

    `successors` maps technique ids of later ATT&CK versions back to the catalogue's. Rules without a technique or with
    a condition pySigma cannot parse are left out.
    """
    rules = []
    with tarfile.open(archive) as tar:
        for member in tar:
            file = tar.extractfile(member) if member.name.endswith(".yml") else None
            if file is not None:
                for document in yaml.safe_load_all(file.read().decode("utf-8")):
                    rule = _rule(document, successors)
                    if rule is not None:
                        rules.append(rule)
    return rules


def fills(rule: Rule, count: int, rng: random.Random) -> Iterator[RuleFill]:
    """Yield up to `count` distinct fills of a rule."""
    seen: set[tuple[tuple[str, str], ...]] = set()
    for _ in range(count * 3):
        needs: dict[str, list[str]] = {}
        _draw(rng.choice(rule.conditions), needs, rng)
        values = {name: _combine(parts) for name, parts in needs.items() if parts}
        signature = tuple(sorted(values.items()))
        if values and signature not in seen:
            seen.add(signature)
            yield RuleFill(rule, values)
            if len(seen) >= count:
                return


def _rule(document: Any, successors: Mapping[str, str]) -> Rule | None:
    if not isinstance(document, dict) or "detection" not in document:
        return None
    try:
        parsed = SigmaRule.from_dict(document)
        conditions = tuple(c.parse() for c in parsed.detection.parsed_condition)
    except SigmaError:
        return None
    found = [m[1].upper() for t in document.get("tags") or () if (m := _TECHNIQUE_TAG.match(str(t)))]
    techniques = tuple(dict.fromkeys(successors.get(t, t) for t in found))
    if not techniques or not conditions:
        return None
    source = document.get("logsource") or {}
    return Rule(
        id=str(document.get("id")),
        level=str(document.get("level") or "medium"),
        techniques=techniques,
        product=str(source.get("product") or ""),
        category=str(source.get("category") or ""),
        service=str(source.get("service") or ""),
        conditions=conditions,
    )


def _draw(item: Any, needs: dict[str, list[str]], rng: random.Random) -> None:
    if isinstance(item, ConditionNOT):
        return
    if isinstance(item, ConditionOR):
        options = [a for a in item.args if not isinstance(a, ConditionNOT)]
        if options:
            _draw(rng.choice(options), needs, rng)
    elif isinstance(item, (ConditionAND, ConditionItem)) and hasattr(item, "args"):
        for part in item.args:
            _draw(part, needs, rng)
    else:
        field = KEYWORDS if isinstance(item, ConditionValueExpression) else item.field
        text = _plain(item.value, rng)
        if text is not None:
            needs.setdefault(field, []).append(text)


#: Marks an open end of a pattern until the parts of one field are joined.
_OPEN = "\x00"


def _plain(value: Any, rng: random.Random) -> str | None:
    if isinstance(value, SigmaString):
        return "".join(_wild(part, rng) for part in value.s)
    if isinstance(value, (SigmaNumber, SigmaBool)):
        return str(value)
    if isinstance(value, SigmaExpansion):
        return _plain(rng.choice(value.values), rng)
    if isinstance(value, SigmaRegularExpression):
        return _OPEN + sample_regex(str(value.regexp), rng) + _OPEN
    return None


def _wild(part: Any, rng: random.Random) -> str:
    if part == SpecialChars.WILDCARD_MULTI:
        return _OPEN
    if part == SpecialChars.WILDCARD_SINGLE:
        return rng.choice("abcdefghijklmnopqrstuvwxyz0123456789")
    return str(part)


def _combine(parts: Sequence[str]) -> str:
    """Join what one field must hold: starts first, ends last, the rest between, blanks where both sides are open."""
    starts = [p for p in parts if not p.startswith(_OPEN)]
    ends = [p for p in parts if p.startswith(_OPEN) and not p.endswith(_OPEN)]
    middle = [p for p in parts if p.startswith(_OPEN) and p.endswith(_OPEN)]
    joined = " ".join(p.strip(_OPEN) for p in dict.fromkeys((*starts[:1], *middle, *ends[:1])))
    return re.sub(r"\x00+", " ", joined)
