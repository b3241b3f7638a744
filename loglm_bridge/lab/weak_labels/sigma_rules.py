"""Sigma rules: samples of field values that match a rule.

A rule states that events with such values show a technique. A sample follows one path through the condition: one
branch of every OR, all of every AND, negations ignored. Each pattern on it is turned into a plain value. Rules are
parsed by pySigma.
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

#: The name under which the values of keyword conditions, which name no field, are returned.
KEYWORDS = ""

_TECHNIQUE_TAG = re.compile(r"attack\.(t\d{4}(?:\.\d{3})?)\Z")


@dataclass(frozen=True)
class DetectionRule:
    """A parsed rule that names at least one technique. `conditions` are pySigma's condition trees."""

    id: str
    level: str
    techniques: tuple[str, ...]
    product: str
    category: str
    service: str
    conditions: tuple[Any, ...]


def read_rules(archive: Path, successors: Mapping[str, str]) -> list[DetectionRule]:
    """Read the rules of a tar archive of YAML files, in the archive's order.

    `successors` maps technique ids of other ATT&CK versions to those of the catalogue. Rules without a technique, or
    with a condition that pySigma cannot parse, are left out.
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


def samples(rule: DetectionRule, count: int, rng: random.Random) -> Iterator[Mapping[str, str]]:
    """Yield up to `count` distinct samples of a rule: values by field name, as the rule writes the names."""
    seen: set[tuple[tuple[str, str], ...]] = set()
    for _ in range(count * 3):
        patterns: dict[str, list[str]] = {}
        _collect(rng.choice(rule.conditions), patterns, rng)
        values = {name: _combine(parts) for name, parts in patterns.items() if parts}
        key = tuple(sorted(values.items()))
        if values and key not in seen:
            seen.add(key)
            yield values
            if len(seen) >= count:
                return


def _rule(document: Any, successors: Mapping[str, str]) -> DetectionRule | None:
    if not isinstance(document, dict) or "detection" not in document:
        return None
    try:
        parsed = SigmaRule.from_dict(document)
        conditions = tuple(c.parse() for c in parsed.detection.parsed_condition)
    except SigmaError:
        return None
    tagged = [m[1].upper() for t in document.get("tags") or () if (m := _TECHNIQUE_TAG.match(str(t)))]
    techniques = tuple(dict.fromkeys(successors.get(t, t) for t in tagged))
    if not techniques or not conditions:
        return None
    source = document.get("logsource") or {}
    return DetectionRule(
        id=str(document.get("id")),
        level=str(document.get("level") or "medium"),
        techniques=techniques,
        product=str(source.get("product") or ""),
        category=str(source.get("category") or ""),
        service=str(source.get("service") or ""),
        conditions=conditions,
    )


def _collect(item: Any, patterns: dict[str, list[str]], rng: random.Random) -> None:
    """Add to `patterns` those of each field on one random path through a condition."""
    if isinstance(item, ConditionNOT):
        return
    if isinstance(item, ConditionOR):
        options = [a for a in item.args if not isinstance(a, ConditionNOT)]
        if options:
            _collect(rng.choice(options), patterns, rng)
    elif isinstance(item, (ConditionAND, ConditionItem)) and hasattr(item, "args"):
        for part in item.args:
            _collect(part, patterns, rng)
    else:
        field = KEYWORDS if isinstance(item, ConditionValueExpression) else item.field
        text = _plain(item.value, rng)
        if text is not None:
            patterns.setdefault(field, []).append(text)


#: Marks the open end of a pattern (a wildcard) until the patterns of one field are joined.
_OPEN = "\x00"


def _plain(value: Any, rng: random.Random) -> str | None:
    """Return a text that matches a Sigma value; None for a value of another type."""
    if isinstance(value, SigmaString):
        return "".join(_expand(part, rng) for part in value.s)
    if isinstance(value, (SigmaNumber, SigmaBool)):
        return str(value)
    if isinstance(value, SigmaExpansion):
        return _plain(rng.choice(value.values), rng)
    if isinstance(value, SigmaRegularExpression):
        return _OPEN + sample_regex(str(value.regexp), rng) + _OPEN
    return None


def _expand(part: Any, rng: random.Random) -> str:
    if part == SpecialChars.WILDCARD_MULTI:
        return _OPEN
    if part == SpecialChars.WILDCARD_SINGLE:
        return rng.choice("abcdefghijklmnopqrstuvwxyz0123456789")
    return str(part)


def _combine(parts: Sequence[str]) -> str:
    """Join the patterns of one field: a start first, an end last, the others between them, separated by blanks."""
    starts = [p for p in parts if not p.startswith(_OPEN)]
    ends = [p for p in parts if p.startswith(_OPEN) and not p.endswith(_OPEN)]
    middle = [p for p in parts if p.startswith(_OPEN) and p.endswith(_OPEN)]
    joined = " ".join(p.strip(_OPEN) for p in dict.fromkeys((*starts[:1], *middle, *ends[:1])))
    return re.sub(r"\x00+", " ", joined)
