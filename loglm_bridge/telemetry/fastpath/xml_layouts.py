"""Fast path for Windows event XML: values of a layout seen before are cut out between texts that never change.

Reference implementation: `formats.windows.windows_xml.parse`; this module gives the same records
(tests/telemetry/fastpath/test_xml_layouts.py).

Events of one kind differ in the values of a few attributes of System and in the text of their elements; everything
else is the same in each, from the first tag to the channel's name. Where the values are is learned from one event, by
parsing it with marks in their places. Text that differs from the layout in one character is parsed in full.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.byte_cache import ENTRY_BYTES, size_of
from loglm_bridge.telemetry.families.windows import event_types, rendered_message
from loglm_bridge.telemetry.formats.windows import windows_xml
from loglm_bridge.telemetry.record import ColumnarRecord, EventType, Field

#: Prefixes cached (beyond that the cache is cleared), and layouts of each.
_MAX_PREFIXES, _MAX_LAYOUTS = 2_048, 6

#: Characters of a prefix, and of a text of which a layout is learned, whose texts between values may be as long; bytes
#: of all prefixes and layouts.
_MAX_PREFIX, _MAX_LEARNED, _MAX_BYTES = 4_096, 16_384, 16_000_000

#: Events of a prefix before a layout is learned, since learning costs two full parses and many prefixes never recur.
#: Events that are tried thereafter: of some prefixes no layout can be learned.
_MIN_EVENTS, _MAX_ATTEMPTS = 2, 12

#: First character of the marks that replace values; clean text does not contain it.
_MARK = "\x00"

#: Where an event's own values begin, and where System ends.
_FIRST_ELEMENT, _SYSTEM_END = "<TimeCreated", "</System>"

# A value of an attribute (group 2) or the text of an element (group 3); the channel's name is not a value.
_SYSTEM_VALUE = re.compile(r"(['\"])([^'\"<>&]+)\1|<(?!Channel>)[A-Za-z]+>([^<>&]*)(?=</)")
_DATA_VALUE = re.compile(r"<[A-Za-z_](?:[^<>]*[^/<>])?>([^<>&]*)(?=</)")


@dataclass(frozen=True)
class _Layout:
    """Where the values of events with one prefix are, and which field of the record has which.

    `literals[i]` follows value i; field i of the record has the value at `indices[i]` of the event's values followed
    by the `constants`. `attributes` are the indices of values that must not be empty nor contain a quote.
    """

    event_type: EventType
    names: tuple[str, ...]
    literals: tuple[str, ...]
    indices: tuple[int, ...]
    constants: tuple[str, ...]
    attributes: tuple[int, ...]

    def parse(self, text: str, start: int) -> Optional[ColumnarRecord]:
        """Return the record of a text whose values begin at `start`; None where it has another layout."""
        values: list[str] = []
        for literal in self.literals:
            end = text.find(literal, start)
            if end < 0:
                return None
            values.append(text[start:end].strip())
            start = end + len(literal)
        joined = "".join(values)
        if start != len(text) or "<" in joined or "&" in joined or ">" in joined:
            return None
        attributes = [values[index] for index in self.attributes]
        if not all(attributes) or any(quote in "".join(attributes) for quote in "'\""):
            return None
        values.extend(self.constants)
        return ColumnarRecord(self.event_type, self.names, tuple([values[index] for index in self.indices]))


@dataclass
class _Prefix:
    """The layouts of events with the same text up to their first value, and how many had none of these layouts."""

    misses: int
    layouts: list[_Layout]


_prefixes: dict[str, _Prefix] = {}
_bytes = 0


def bytes_held() -> int:
    """Return the estimated bytes of prefixes and layouts."""
    return _bytes


def parse(text: str, event: Event) -> Optional[ColumnarRecord]:
    """Return the record of a clean text that is event XML of a known layout, None for any other text."""
    start = text.find("'", text.find(_FIRST_ELEMENT)) + 1
    if not 0 < start <= _MAX_PREFIX or not text.startswith("<Event"):
        return None
    global _bytes
    prefix = _prefixes.get(text[:start])
    if prefix is None:
        if len(_prefixes) >= _MAX_PREFIXES or _bytes > _MAX_BYTES:
            _prefixes.clear()
            _bytes = 0
        prefix = _prefixes[text[:start]] = _Prefix(0, [])
        _bytes += ENTRY_BYTES + size_of(text[:start])
    for layout in prefix.layouts:
        record = layout.parse(text, start)
        if record is not None:
            return record
    prefix.misses += 1
    tried = _MIN_EVENTS < prefix.misses <= _MIN_EVENTS + _MAX_ATTEMPTS
    if tried and len(prefix.layouts) < _MAX_LAYOUTS and len(text) <= _MAX_LEARNED:
        learned = _learn(text, start, event)
        if learned is not None:
            prefix.layouts.append(learned)
            _bytes += size_of((learned.literals, learned.constants, learned.names, learned.indices))
    return None


def _learn(text: str, start: int, event: Event) -> Optional[_Layout]:
    """Return the layout of an event, None where the parser does more with its values than copy them."""
    spans, attributes = _value_spans(text, start)
    if not spans or spans[0][0] != start:
        return None
    ends = [*(begin for begin, _ in spans[1:]), len(text)]
    literals = [text[stop:end] for (_, stop), end in zip(spans, ends, strict=True)]
    marked_text = text[:start] + "".join(f"{_MARK}{i}{literal}" for i, literal in enumerate(literals))
    marked, whole = windows_xml.parse(marked_text, event), windows_xml.parse(text, event)
    if marked is None or whole is None or marked.event_type != whole.event_type or not all(literals):
        return None
    names = tuple(name for name, _ in marked.fields)
    if not rendered_message.RENDERED_FIELDS.isdisjoint(names) or not _has_constant_kind(marked.fields):
        return None
    indices, constants = _indices([value for _, value in marked.fields], len(spans))
    layout = _Layout(marked.event_type, names, tuple(literals), indices, constants, attributes)
    record = layout.parse(text, start)
    return layout if record is not None and record.to_record() == whole else None


def _has_constant_kind(fields: Sequence[Field]) -> bool:
    """Return whether the fields that decide an event's kind are constant in the layout."""
    first = dict(reversed(fields))
    return all(first.get(name, _MARK)[:1] not in ("", _MARK) for name in event_types.DECIDING_FIELDS)


def _value_spans(text: str, start: int) -> tuple[list[tuple[int, int]], tuple[int, ...]]:
    """Return the spans of an event's values, and the indices of those that are attributes."""
    system_end = text.find(_SYSTEM_END, start)
    if system_end < 0:
        return [], ()
    # from the quote that opens the first value
    matches = list(_SYSTEM_VALUE.finditer(text, start - 1, system_end + 2))
    spans = [match.span(2) if match[1] else match.span(3) for match in matches]
    attributes = tuple(i for i, match in enumerate(matches) if match[1])
    return spans + [match.span(1) for match in _DATA_VALUE.finditer(text, system_end)], attributes


def _indices(values: Sequence[str], count: int) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Return the index of each field's value among the `count` marked values, and the constants that follow them."""
    constants = [value for value in values if value[:1] != _MARK]
    constant_indices = iter(range(count, count + len(constants)))
    return tuple(int(v[1:]) if v[:1] == _MARK else next(constant_indices) for v in values), tuple(constants)
