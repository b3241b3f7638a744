"""What the content covers: rules, examples and twins by log family, techniques by family, as tables and as a layer."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from loglm_bridge.contract.attack_table import TECHNIQUES
from loglm_bridge.knowledge.rule import LEVELS, KnowledgeRule


@dataclass
class FamilyCoverage:
    """Counts of one log family. `ordinary` are twins and the examples of informational rules."""

    rules: int = 0
    examples: int = 0
    ordinary: int = 0
    levels: Counter[str] = field(default_factory=Counter)
    techniques: set[str] = field(default_factory=set)


def by_family(rules: Iterable[KnowledgeRule]) -> dict[str, FamilyCoverage]:
    """Return the counts by log family, in alphabetical order."""
    families: dict[str, FamilyCoverage] = defaultdict(FamilyCoverage)
    for rule in rules:
        family = families[rule.family]
        everyday = rule.level == "informational"
        family.rules += 1
        family.levels[rule.level] += 1
        family.examples += 0 if everyday else len(rule.examples)
        family.ordinary += len(rule.ordinary) + (len(rule.examples) if everyday else 0)
        family.techniques.update(() if everyday else rule.techniques)
    return dict(sorted(families.items()))


def table(families: dict[str, FamilyCoverage]) -> str:
    """Return the counts as a Markdown table with a line of sums."""
    head = ["family", "rules", "attack examples", "ordinary events", "techniques", *reversed(LEVELS)]
    rows = [[name, *_counts(one)] for name, one in families.items()]
    total = FamilyCoverage(
        sum(one.rules for one in families.values()),
        sum(one.examples for one in families.values()),
        sum(one.ordinary for one in families.values()),
        sum((one.levels for one in families.values()), Counter()),
        {technique for one in families.values() for technique in one.techniques},
    )
    rows.append(["all", *_counts(total)])
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *rows))


def _counts(one: FamilyCoverage) -> list[str]:
    numbers = (one.rules, one.examples, one.ordinary, len(one.techniques), *(one.levels[v] for v in reversed(LEVELS)))
    return [f"{number:,}" for number in numbers]


def navigator_layer(rules: Sequence[KnowledgeRule]) -> dict[str, Any]:
    """Return an ATT&CK Navigator layer (format 4.5): how many rules above informational name each technique."""
    counts = Counter(t for rule in rules if rule.level != "informational" for t in rule.techniques)
    families: dict[str, set[str]] = defaultdict(set)
    for rule in rules:
        for name in rule.techniques if rule.level != "informational" else ():
            families[name].add(rule.family)
    return {
        "name": "LogLM knowledge",
        "versions": {"attack": "18", "navigator": "5.1.0", "layer": "4.5"},
        "domain": "enterprise-attack",
        "description": "Rules of the project's own content by technique.",
        "techniques": [
            {
                "techniqueID": name,
                "score": count,
                "comment": f"{count} rules: {', '.join(sorted(families[name]))}",
                "enabled": True,
            }
            for name, count in sorted(counts.items())
        ],
        "gradient": {"colors": ["#ffffff", "#4a90d9"], "minValue": 0, "maxValue": 20},
        "legendItems": [],
    }


def uncovered(rules: Iterable[KnowledgeRule], least: int = 2) -> list[str]:
    """Return the ATT&CK techniques that fewer than `least` rules above informational name, ascending."""
    counts = Counter(t for rule in rules if rule.level != "informational" for t in rule.techniques)
    return [name for name in sorted(TECHNIQUES) if counts[name] < least]
