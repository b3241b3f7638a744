"""Renders an example of a rule as an event, in one shape or in each that can carry it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from loglm_bridge.contract.event import Event
from loglm_bridge.knowledge.errors import ContentError
from loglm_bridge.knowledge.rendering.shapes import Shape, Shapes
from loglm_bridge.knowledge.rendering.slots import Slots, fill
from loglm_bridge.knowledge.rendering.writers import write
from loglm_bridge.knowledge.rule import EventSource, KnowledgeRule

#: As an example's value: the skeleton's field is left out.
ABSENT = "{absent}"

#: The key of an example that names its shape.
SHAPE = "shape"


@dataclass(frozen=True)
class KnowledgeEvent:
    """A rendered example or twin of a rule. `number` tells the examples of a rule apart, twins behind examples."""

    rule: KnowledgeRule
    event: Event
    number: int
    ordinary: bool


def render(rule: KnowledgeRule, source: EventSource, shapes: Shapes, seed: str, every: bool = False) -> list[Event]:
    """Return an example as an event of its shape; with `every`, as one event of each shape of the rule's log source.

    The same seed draws the same values, in all shapes.

    Raises:
        ContentError: no shape can carry it.
    """
    return [
        _event(shape, source, Slots(random.Random(f"{rule.name} {seed}")))
        for shape in _shapes(rule, source, shapes, every)
    ]


def rendered(rules: Sequence[KnowledgeRule], shapes: Shapes, draws: int, seed: str) -> Iterator[KnowledgeEvent]:
    """Yield every example and twin of some rules, `draws` times in each shape that can carry it."""
    for rule in rules:
        sources: list[tuple[EventSource, bool]] = [(one, rule.level == "informational") for one in rule.examples]
        sources += [(twin.event, True) for twin in rule.ordinary]
        for number, (source, ordinary) in enumerate(sources):
            for draw in range(draws):
                for event in render(rule, source, shapes, f"{seed} {number} {draw}", every=True):
                    yield KnowledgeEvent(rule, event, number, ordinary)


def _shapes(rule: KnowledgeRule, source: EventSource, shapes: Shapes, every: bool) -> list[Shape]:
    if isinstance(source, Mapping) and SHAPE in source:
        return [shapes.named(source[SHAPE])]
    fitting = [shape for shape in shapes.of(rule.logsource) if _can_carry(shape, source)]
    if not fitting:
        raise ContentError("no shape can carry an event of its log source", where=rule.where, hint="name one: shape")
    return fitting if every else fitting[:1]


def _can_carry(shape: Shape, source: EventSource) -> bool:
    if isinstance(source, str):
        return "<message>" in shape.template
    if "<message>" in shape.template and "message" not in source:
        return False
    lacks, needs = shape.options.get("lacks", ()), shape.options.get("needs", ())
    return not any(name in source for name in lacks) and all(name in source for name in needs)


def _event(shape: Shape, source: EventSource, slots: Slots) -> Event:
    own = {"message": source} if isinstance(source, str) else {k: v for k, v in source.items() if k != SHAPE}
    own = renamed(own, shape.options.get("rename", {}))
    fields = fill(merged(merged(shape.event, _defaults(shape, own)), own), slots)
    template = Shape(**{**vars(shape), "template": slots.fill(shape.template)})
    text = write(template, fields)
    return Event(text, slots.fill(shape.sourcetype), slots.fill(shape.source), time=slots.time.timestamp())


def _defaults(shape: Shape, own: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields that a shape has for one value of a field, such as an event id: its options `by` and `values`."""
    key = own.get(shape.options.get("by", ""), shape.event.get(shape.options.get("by", ""), ""))
    found: Mapping[str, Any] = shape.options.get("values", {}).get(str(key), {})
    return found


def renamed(own: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return fields under a shape's own names."""
    return {names.get(name, name): value for name, value in own.items()}


def merged(skeleton: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return the skeleton with an example's fields in it: mappings are merged, all else is replaced.

    A dotted name reaches into mappings; ABSENT leaves a field out.
    """
    out = {name: dict(value) if isinstance(value, Mapping) else value for name, value in skeleton.items()}
    for name, value in own.items():
        head, dot, rest = name.partition(".")
        if dot and isinstance(out.get(head), Mapping):
            out[head] = merged(out[head], {rest: value})
        elif value == ABSENT:
            out.pop(name, None)
        elif isinstance(value, Mapping) and isinstance(out.get(name), Mapping):
            out[name] = merged(out[name], value)
        else:
            out[name] = value
    return out
