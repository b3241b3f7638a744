"""Windows event XML of a shape that was seen before: its values are cut out between the texts that never change.

Events of one kind differ in the values of a few attributes of System and in the text of their elements; all else, from
the first tag to the channel's name, is the same in each. Where the values stand is learned from one event, by reading
it with marks in their places. An event that does not fit, to the letter, is read in full.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.families.windows import event_types, rendered_message
from loglm_bridge.telemetry.formats.windows import windows_xml
from loglm_bridge.telemetry.record import ColumnarRecord, EventType, Field

#: Beginnings that are remembered, each with shapes of its own; then all are forgotten.
_MOST, _SHAPES = 2_048, 6

#: Events of one beginning before a shape is learned: one that never comes again is not worth it. And how many of them
#: are tried: of some beginnings no shape can be learned, and trying takes as long as reading two of them in full.
_TWICE, _TRIES = 2, 12

_MARK = "\x00"

#: Where an event's own values begin, and where System ends.
_TIME, _SYSTEM_ENDS = "<TimeCreated", "</System>"

# A value of an attribute, or the text of an element, as the second or third group; the channel's name stays as it is.
_IN_SYSTEM = re.compile(r"(['\"])([^'\"<>&]+)\1|<(?!Channel>)[A-Za-z]+>([^<>&]*)(?=</)")
_IN_DATA = re.compile(r"<[A-Za-z_](?:[^<>]*[^/<>])?>([^<>&]*)(?=</)")


@dataclass(frozen=True)
class _Shape:
    """`literals` stand behind each value; `places[i]` is the value of field i among the values and behind them the
    `constants`; `attributes` are the values that must hold something, and no quote, which would end them."""

    event_type: EventType
    names: tuple[str, ...]
    literals: tuple[str, ...]
    places: tuple[int, ...]
    constants: tuple[str, ...]
    attributes: tuple[int, ...]

    def parsed(self, text: str, at: int) -> Optional[ColumnarRecord]:
        """Return the event of a text whose values begin at a place; None where it has another shape."""
        values: list[str] = []
        for literal in self.literals:
            end = text.find(literal, at)
            if end < 0:
                return None
            values.append(text[at:end].strip())
            at = end + len(literal)
        said = "".join(values)
        if at != len(text) or "<" in said or "&" in said or ">" in said:
            return None
        quoted = [values[i] for i in self.attributes]
        if not all(quoted) or any(quote in "".join(quoted) for quote in "'\""):
            return None
        values.extend(self.constants)
        return ColumnarRecord(self.event_type, self.names, tuple([values[place] for place in self.places]))


@dataclass
class _Beginning:
    """How many events that begin so, up to their first value, were of no known shape, and what shapes were learned."""

    seen: int
    shapes: list[_Shape]


_beginnings: dict[str, _Beginning] = {}


def parse(text: str, event: Event) -> Optional[ColumnarRecord]:
    """Return the columns of a clean text that is event XML of a known shape, None for any other text."""
    first = text.find("'", text.find(_TIME)) + 1
    if first <= 0 or not text.startswith("<Event"):
        return None
    begins = text[:first]
    known = _beginnings.get(begins)
    if known is None:
        if len(_beginnings) >= _MOST:
            _beginnings.clear()
        known = _beginnings[begins] = _Beginning(0, [])
    for shape in known.shapes:
        parsed = shape.parsed(text, first)
        if parsed is not None:
            return parsed
    known.seen += 1
    if _TWICE < known.seen <= _TWICE + _TRIES and len(known.shapes) < _SHAPES:
        learned = _learned(text, first, event)
        if learned is not None:
            known.shapes.append(learned)
    return None


def _learned(text: str, first: int, event: Event) -> Optional[_Shape]:
    """Read an event with marks for its values; None where more than their place decides what becomes of them."""
    spans, attributes = _values(text, first)
    if not spans or spans[0][0] != first:
        return None
    ends = [*(start for start, _ in spans[1:]), len(text)]
    literals = [text[stop:end] for (_, stop), end in zip(spans, ends, strict=True)]
    marked = text[:first] + "".join(f"{_MARK}{i}{literal}" for i, literal in enumerate(literals))
    record, whole = windows_xml.parse(marked, event), windows_xml.parse(text, event)
    if record is None or whole is None or record.event_type != whole.event_type or not all(literals):
        return None
    names = tuple(name for name, _ in record.fields)
    if not rendered_message.RENDERED.isdisjoint(names) or not _told(record.fields):
        return None
    shape = _Shape(
        record.event_type, names, tuple(literals), *_places([v for _, v in record.fields], len(spans)), attributes
    )
    parsed = shape.parsed(text, first)
    return shape if parsed is not None and parsed.to_record() == whole else None


def _told(fields: Sequence[Field]) -> bool:
    """Tell whether what an event's kind is told by is none of the values that differ."""
    first = dict(reversed(fields))
    return all(first.get(name, _MARK)[:1] not in ("", _MARK) for name in event_types.TOLD_BY)


def _values(text: str, first: int) -> tuple[list[tuple[int, int]], tuple[int, ...]]:
    """Return where the values stand, and which of them are attributes'."""
    ends = text.find(_SYSTEM_ENDS, first)
    if ends < 0:
        return [], ()
    # from the quote on that opens the first value
    of_system = list(_IN_SYSTEM.finditer(text, first - 1, ends + 2))
    spans = [found.span(2) if found[1] else found.span(3) for found in of_system]
    attributes = tuple(i for i, found in enumerate(of_system) if found[1])
    return spans + [found.span(1) for found in _IN_DATA.finditer(text, ends)], attributes


def _places(values: Sequence[str], count: int) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Return the place of each field's value among the marked values, and behind them the constants."""
    constants = [value for value in values if value[:1] != _MARK]
    behind = iter(range(count, count + len(constants)))
    return tuple(int(v[1:]) if v[:1] == _MARK else next(behind) for v in values), tuple(constants)
