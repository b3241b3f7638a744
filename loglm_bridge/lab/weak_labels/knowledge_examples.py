"""Training examples from the project's own rules: each example an attack of its level, each twin an ordinary event.

Every event is shown twice: with the rules that match it, and without any, so that the nets also learn what the event
itself says and can judge its kin that no rule matches.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from loglm_bridge.knowledge.rendering.render import KnowledgeEvent, rendered
from loglm_bridge.knowledge.rendering.shapes import Shapes
from loglm_bridge.knowledge.rule import KnowledgeRule
from loglm_bridge.lab.data.run_files import canonical_event, canonical_row, read_rows, write_rows
from loglm_bridge.lab.weak_labels.training_examples import Example, ExampleWeights
from loglm_bridge.model.features.rule_matcher import RuleMatcher
from loglm_bridge.telemetry import parse_and_canonicalise
from loglm_bridge.telemetry.record import CanonicalEvent

#: Malice of an example by its rule's level, and its weight: low ones are seldom attacks.
MALICE = {
    "critical": (1.0, 1.0),
    "high": (1.0, 1.0),
    "medium": (0.8, 0.6),
    "low": (0.2, 0.4),
    "informational": (0.0, 0.5),
}

#: Weight of a twin on malice.
TWIN_WEIGHT = 1.0

#: Drawings of each example and twin in each shape.
DRAWS = 1

#: Events of one rule that count in full, as attacks or as twins; more of them weigh as many together.
FULL_EVENTS = 8


@dataclass(frozen=True, slots=True)
class KnowledgeExample:
    """A canonical event of a rule: `malice` is its target (0..1), `weight` how much it counts."""

    event: CanonicalEvent
    rule: str
    techniques: tuple[str, ...]
    malice: float
    weight: float


def build(
    rules: Sequence[KnowledgeRule], shapes: Shapes, matcher: RuleMatcher, out: Path, seed: int
) -> list[KnowledgeExample]:
    """Render all rules into the file `out` and return their distinct examples. A file that exists is read instead."""
    if not out.exists():
        events = rendered(rules, shapes, DRAWS, str(seed))
        write_rows(out, map(_to_row, _distinct(_examples(events, matcher))))
    return load(out)


def load(path: Path) -> list[KnowledgeExample]:
    """Read the examples that `build` wrote."""
    return [_from_row(*row) for row in read_rows(path)]


def training(examples: Iterable[KnowledgeExample], weights: ExampleWeights) -> list[Example]:
    """Return the training examples, in the order of the given ones."""
    examples = list(examples)
    counts = Counter((one.rule, one.malice) for one in examples)
    return [_example(one, min(1.0, FULL_EVENTS / counts[one.rule, one.malice]), weights) for one in examples]


def _example(one: KnowledgeExample, share: float, weights: ExampleWeights) -> Example:
    return Example(
        one.event,
        {t: 1.0 / len(one.techniques) for t in one.techniques} if one.malice > 0 else {},
        weights.knowledge * share if one.techniques and one.malice > 0 else 0.0,
        one.malice,
        weights.knowledge_malice * one.weight * share,
    )


def _examples(events: Iterable[KnowledgeEvent], matcher: RuleMatcher) -> Iterator[KnowledgeExample]:
    for one in events:
        record, canonical = parse_and_canonicalise(one.event)
        if record.status != "ok":
            continue
        malice, weight = (0.0, TWIN_WEIGHT) if one.ordinary else MALICE[one.rule.level]
        techniques = one.rule.techniques if malice > 0 else ()
        marked = matcher.mark(canonical)
        for event in {marked.rules: marked, (): replace(marked, rules=())}.values():
            yield KnowledgeExample(event, one.rule.name, techniques, malice, weight)


def _distinct(examples: Iterable[KnowledgeExample]) -> Iterator[KnowledgeExample]:
    """Yield each event once; of several rules the one of the highest malice says what it is."""
    best: dict[bytes, KnowledgeExample] = {}
    for one in examples:
        key = one.event.key
        if key not in best or one.malice > best[key].malice:
            best[key] = one
    yield from best.values()


def _to_row(one: KnowledgeExample) -> list[object]:
    return [canonical_row(one.event), one.rule, one.techniques, one.malice, one.weight]


def _from_row(event: list[Any], rule: str, techniques: list[str], malice: float, weight: float) -> KnowledgeExample:
    return KnowledgeExample(canonical_event(*event), rule, tuple(techniques), malice, weight)
