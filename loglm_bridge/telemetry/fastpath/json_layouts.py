"""Events of a shape that was seen before: read without asking formats and families again (XML: xml_shapes.py).

A shape is the names of an event's flattened fields. Which family's event it is, and which field is which, depends on
those names and on the few values that `json_families.TOLD_BY` lists. What was read once for one choice of these values
is applied to every other event of the shape: its other values only move to their places. Shapes whose other values are
looked into (audit records, rendered messages, envelopes) are read in full each time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Optional, Union

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry import parser
from loglm_bridge.telemetry.families import json_families
from loglm_bridge.telemetry.families.network import flow, zeek
from loglm_bridge.telemetry.families.windows import json_fields, rendered_message
from loglm_bridge.telemetry.fastpath import xml_layouts
from loglm_bridge.telemetry.formats import json_audit, json_event
from loglm_bridge.telemetry.record import ColumnarRecord, EventType, Record
from loglm_bridge.telemetry.scanning.clean_text import clean_text, cut

#: Readings that are remembered, of all shapes together; then all are forgotten.
_MOST = 20_000

#: Choices of blank fields, and protocols, that are remembered of one shape of flows.
_MOST_PLANS = 256

#: Where windows_xml looks for the beginning of an event.
_XML_HEAD = 406

#: Opens the text that stands for a value; clean text has no such character.
_MARK = "\x00"

#: Families that are told before anybody asks whether it is a flow.
_BEFORE_FLOW = frozenset({"windows", "zeek", "endpoint", "linux"})


@dataclass(frozen=True)
class _Moved:
    """Events whose values only move: `places[i]` is the place of field i's value among the flattened ones and behind
    them the `constants`."""

    event_type: EventType
    names: tuple[str, ...]
    places: tuple[int, ...]
    constants: tuple[str, ...]

    def parsed(self, values: list[str]) -> Optional[ColumnarRecord]:
        """Return the event of some values."""
        pool = [*values, *self.constants]
        return ColumnarRecord(self.event_type, self.names, tuple([pool[place] for place in self.places]))


@dataclass(frozen=True)
class Flow:
    """Flows: their `roles` tell which values count; `asked`: whether it is one depends on the values.

    `plans` say by the fields that are blank how the others are read, `heads` are those of protocols.
    """

    event_type: EventType
    roles: flow.Roles
    asked: bool
    plans: dict[tuple[int, ...], Optional[flow.Plan]] = field(default_factory=dict)
    heads: dict[str, EventType] = field(default_factory=dict)

    def parsed(self, values: list[str]) -> Optional[ColumnarRecord]:
        """Return the flow of some values, None where it is none."""
        plan = self.plan(flow.blanks(self.roles, values))
        found = plan.read(values) if plan is not None else None
        if plan is None or found is None:
            return self._in_full(values)
        kind = found[plan.names.index("protocol")] if "protocol" in plan.names else ""
        return ColumnarRecord(self._head(kind), plan.names, tuple(found))

    def plan(self, blank: tuple[int, ...]) -> Optional[flow.Plan]:
        """Return how those are read whose fields at the places `blank` say nothing: see flow.plan."""
        if blank not in self.plans:
            if len(self.plans) >= _MOST_PLANS:
                self.plans.clear()
            self.plans[blank] = flow.plan(self.roles, blank)
        return self.plans.get(blank)

    def _in_full(self, values: list[str]) -> Optional[ColumnarRecord]:
        if self.asked and not flow.tells_a_flow(self.roles, values):
            return None
        found = flow.schema(self.roles, values)
        names = tuple([name for name in flow.ORDER if found.get(name)])
        return ColumnarRecord(
            self._head(flow.protocol_of(self.roles, values)), names, tuple([found[name] for name in names])
        )

    def _head(self, kind: str) -> EventType:
        head = self.heads.get(kind)
        if head is None:
            head = self.event_type._replace(kind=kind)
            if len(self.heads) < _MOST_PLANS:
                self.heads[kind] = head
        return head


_Reading = Union[_Moved, Flow]


@dataclass(frozen=True)
class _Shape:
    """`tells` are the places of values that families look at, `ids` those that they look at where they are an event's
    id, `filled` those that must hold something."""

    tells: tuple[int, ...]
    ids: tuple[int, ...]
    filled: tuple[int, ...]
    readings: dict[tuple[str, ...], Optional[_Reading]] = field(default_factory=dict)


_shapes: dict[tuple[str, ...], Optional[_Shape]] = {}
_count = 0


def parse(event: Event) -> ColumnarRecord:
    """Parse an event's text, as `recognise.read` does, into columns."""
    text, truncated = cut(event.raw)
    text = clean_text(text)
    if text[:1] == "<":
        parsed = xml_layouts.parse(text, event)
        if parsed is not None:
            return parsed._replace(truncated=True) if truncated else parsed
    elif text[:1] == "{" and "<Event" not in text[:_XML_HEAD]:
        found = json_event.flattened(text)
        if found is not None and found[0]:
            return _parsed(tuple(found[0]), found[1], event, truncated)
    return ColumnarRecord.from_record(parser.parse_record(event))


def flow_reading(names: tuple[str, ...], values: Sequence[str], event: Event) -> Optional[tuple[Flow, tuple[int, ...]]]:
    """Return how flows of flattened names are read, and the places of values that decide it; None if these are none."""
    reading, shape = _known(names, values, event), _shapes.get(names)
    if shape is None or not isinstance(reading, Flow):
        return None
    return reading, (*shape.tells, *shape.ids, *shape.filled)


def _parsed(names: tuple[str, ...], values: list[str], event: Event, truncated: bool) -> ColumnarRecord:
    reading = _known(names, values, event)
    parsed = reading.parsed(values) if reading is not None else None
    if parsed is None:
        record = json_event.record_of(list(zip(names, values, strict=True)), event)
        parsed = ColumnarRecord.from_record(parser.unwrapped(record, event))
    return parsed._replace(truncated=True) if truncated else parsed


def _known(names: tuple[str, ...], values: Sequence[str], event: Event) -> Optional[_Reading]:
    """Return how to read the event, None where it has to be read in full."""
    global _count
    if names not in _shapes or _count > _MOST:
        if _count > _MOST:
            _shapes.clear()
            _count = 0
        _shapes[names] = _shape(names)
        _count += 1
    shape = _shapes.get(names)
    if shape is None or not all(values[place] for place in shape.filled):
        return None
    told = tuple([values[place] for place in shape.tells] + [_id(values[place]) for place in shape.ids])
    try:
        return shape.readings[told]
    except KeyError:
        _count += 1
        return shape.readings.setdefault(told, _reading(names, values, shape, event))


def _shape(names: tuple[str, ...]) -> Optional[_Shape]:
    if json_audit.may_be_audit(names):
        return None
    lower = [name.lower() for name in names]
    computers = tuple(i for i, name in enumerate(lower) if name in json_fields.COMPUTERS)
    tells = tuple(i for i, name in enumerate(lower) if name in json_families.TOLD_BY)
    ids = tuple(i for i, name in enumerate(lower) if name in json_fields.IDS and i not in tells)
    if len(computers) > 1:  # the first that is not empty names the computer
        return _Shape(tuple(sorted({*tells, *computers})), ids, ())
    return _Shape(tells, ids, computers)


def _id(value: str) -> str:
    """Return an event's id as it is, and one and the same text for all other values that are not empty."""
    return value if not value or json_fields.is_id(value) else _MARK


def _reading(names: tuple[str, ...], values: Sequence[str], shape: _Shape, event: Event) -> Optional[_Reading]:
    """Read the event with marks in place of the values that do not tell, and see where the marks come out."""
    told = {*shape.tells, *(i for i in shape.ids if _id(values[i]) != _MARK)}
    shown = [value if i in told else f"{_MARK}{i}" for i, value in enumerate(values)]
    record = json_event.record_of(list(zip(names, shown, strict=True)), event)
    if record.family == "flow":
        by_name = zeek.classify(
            {name.lower(): value for name, value in zip(reversed(names), reversed(shown), strict=True)}
        )
        return Flow(record.event_type, flow.roles(names), asked=by_name is None or zeek.STATE not in names)
    if _looked_into(record, names) or record.status != "ok":
        return None
    constants: list[str] = []
    places: list[int] = []
    for _, value in record.fields:
        if value[:1] != _MARK:
            places.append(len(values) + len(constants))
            constants.append(value)
        elif value[1:].isdecimal():
            places.append(int(value[1:]))
        else:
            return None
    return _Moved(record.event_type, tuple(name for name, _ in record.fields), tuple(places), tuple(constants))


def _looked_into(record: Record, names: tuple[str, ...]) -> bool:
    """Tell whether other values than the telling ones decide what becomes of the event."""
    if record.family == "macos" or (record.family not in _BEFORE_FLOW and flow.roles(names).may_be_flow):
        return True
    if record.family == "windows":
        return any(name in rendered_message.RENDERED for name, _ in record.fields)
    return parser.may_wrap(record.family, names)
