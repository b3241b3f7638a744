"""Fast path for JSON: events of a layout seen before are parsed without trying formats and families again.

Reference implementation: `parser.parse_record`; this module gives the same records
(tests/telemetry/fastpath/test_json_layouts.py). XML has xml_layouts.py.

A layout is the tuple of an event's flattened field names. An event's family and kind, and which of its fields become
which fields of the record, depend on these names and on the values of few fields: json_families.DECIDING_FIELDS. The
first event with a layout and a choice of deciding values is parsed by the reference parser with marks in place of all
other values. The positions of the marks in that record are the positions of the values of later events. Layouts whose
other values are parsed in turn (audit records, rendered messages, envelopes) are left to the reference parser.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Optional, Union

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry import parser
from loglm_bridge.telemetry.byte_cache import size_of
from loglm_bridge.telemetry.families import json_families
from loglm_bridge.telemetry.families.network import flow, zeek
from loglm_bridge.telemetry.families.windows import json_fields, rendered_message
from loglm_bridge.telemetry.fastpath.flow_plan import FlowPlan, blank_indices, flow_plan
from loglm_bridge.telemetry.formats import json_audit, json_event
from loglm_bridge.telemetry.record import ColumnarRecord, EventType, Record

#: Layout parsers cached, of all layouts together, and their bytes; beyond that the cache is cleared.
_MAX_PARSERS, _MAX_BYTES = 20_000, 32_000_000

#: Estimated bytes of a layout, a parser or a plan beside its texts, and of a number in one.
_ENTRY_BYTES, _INDEX_BYTES = 2_000, 40

#: Plans, and event types, cached for one layout of flows.
_MAX_PLANS = 256

#: First character of the marks that replace values; clean text does not contain it.
_MARK = "\x00"

#: Families that are recognised before flows are.
_BEFORE_FLOW = frozenset({"windows", "zeek", "endpoint", "linux"})


@dataclass(frozen=True)
class _Copier:
    """Parses events whose values are only copied: field i of the record has the value at `indices[i]` of the event's
    flattened values followed by the `constants`."""

    event_type: EventType
    names: tuple[str, ...]
    indices: tuple[int, ...]
    constants: tuple[str, ...]

    def parse(self, values: list[str]) -> Optional[ColumnarRecord]:
        """Return the record of an event with these flattened values."""
        pool = [*values, *self.constants]
        return ColumnarRecord(self.event_type, self.names, tuple([pool[index] for index in self.indices]))


@dataclass(frozen=True)
class FlowParser:
    """Parses flows. `depends_on_values`: whether an event is a flow at all depends on its values.

    `plans` are by the indices of blank fields, `event_types` by protocol.
    """

    event_type: EventType
    fields: flow.FlowFields
    depends_on_values: bool
    plans: dict[tuple[int, ...], Optional[FlowPlan]] = field(default_factory=dict)
    event_types: dict[str, EventType] = field(default_factory=dict)

    def parse(self, values: list[str]) -> Optional[ColumnarRecord]:
        """Return the record of a flow with these flattened values, None where it is not a flow."""
        plan = self.plan(blank_indices(self.fields, values))
        converted = plan.apply(values) if plan is not None else None
        if plan is None or converted is None:
            return self._parse_in_full(values)
        protocol = converted[plan.names.index("protocol")] if "protocol" in plan.names else ""
        return ColumnarRecord(self._event_type(protocol), plan.names, tuple(converted))

    def plan(self, blank: tuple[int, ...]) -> Optional[FlowPlan]:
        """Return the plan of flows whose fields at the indices `blank` are blank: see `flow_plan`."""
        if blank not in self.plans:
            if len(self.plans) >= _MAX_PLANS:
                self.plans.clear()
            self.plans[blank] = flow_plan(self.fields, blank)
            _reserve(len(blank) * _INDEX_BYTES)
        return self.plans.get(blank)

    def _parse_in_full(self, values: list[str]) -> Optional[ColumnarRecord]:
        if self.depends_on_values and not flow.values_are_flow(self.fields, values):
            return None
        by_name = flow.schema_values(self.fields, values)
        names = tuple([name for name in flow.SCHEMA if by_name.get(name)])
        event_type = self._event_type(flow.protocol_of(self.fields, values))
        return ColumnarRecord(event_type, names, tuple([by_name[name] for name in names]))

    def _event_type(self, protocol: str) -> EventType:
        event_type = self.event_types.get(protocol)
        if event_type is None:
            event_type = self.event_type._replace(kind=protocol)
            if len(self.event_types) < _MAX_PLANS:
                self.event_types[protocol] = event_type
        return event_type


_LayoutParser = Union[_Copier, FlowParser]


@dataclass(frozen=True)
class _Layout:
    """Which values of a layout decide how its events are parsed, by index.

    `deciding` are values that families look at, `event_ids` those that they look at only if they are a Windows event
    id, `required` those that must not be empty. `parsers` are by the deciding values; None: the reference parser.
    """

    deciding: tuple[int, ...]
    event_ids: tuple[int, ...]
    required: tuple[int, ...]
    parsers: dict[tuple[str, ...], Optional[_LayoutParser]] = field(default_factory=dict)


_layouts: dict[tuple[str, ...], Optional[_Layout]] = {}
_count = _bytes = 0


def bytes_held() -> int:
    """Return the estimated bytes of the layouts cached."""
    return _bytes


def _reserve(size: int) -> None:
    global _count, _bytes
    _count += 1
    _bytes += size + _ENTRY_BYTES


def parse(text: str, event: Event) -> Optional[ColumnarRecord]:
    """Return the record of a clean text that is a JSON object, None for any other text."""
    flattened = json_event.flattened(text)
    if flattened is None or not flattened[0]:
        return None
    names, values = tuple(flattened[0]), flattened[1]
    layout_parser = _layout_parser(names, values, event)
    parsed = layout_parser.parse(values) if layout_parser is not None else None
    if parsed is not None:
        return parsed
    record = json_event.record_of(list(zip(names, values, strict=True)), event)
    return ColumnarRecord.from_record(parser.unwrap_envelope(record, event))


def flow_parser(
    names: tuple[str, ...], values: Sequence[str], event: Event
) -> Optional[tuple[FlowParser, tuple[int, ...]]]:
    """Return the parser of flows with these flattened names, and the indices of the values that decide for it.

    None where such events are not flows.
    """
    layout_parser, layout = _layout_parser(names, values, event), _layouts.get(names)
    if layout is None or not isinstance(layout_parser, FlowParser):
        return None
    return layout_parser, (*layout.deciding, *layout.event_ids, *layout.required)


def _layout_parser(names: tuple[str, ...], values: Sequence[str], event: Event) -> Optional[_LayoutParser]:
    """Return the parser of events with these names and deciding values; None: the reference parser."""
    global _count, _bytes
    if names not in _layouts or _count > _MAX_PARSERS or _bytes > _MAX_BYTES:
        if _count > _MAX_PARSERS or _bytes > _MAX_BYTES:
            _layouts.clear()
            _count = _bytes = 0
        _layouts[names] = _new_layout(names)
        _reserve(size_of(names))
    layout = _layouts.get(names)
    if layout is None or not all(values[index] for index in layout.required):
        return None
    key = tuple([values[index] for index in layout.deciding] + [_event_id(values[index]) for index in layout.event_ids])
    try:
        return layout.parsers[key]
    except KeyError:
        new = _new_parser(names, values, layout, event)
        copied = size_of(new.constants) if isinstance(new, _Copier) else 0
        _reserve(size_of(key) + copied + len(names) * _INDEX_BYTES)
        return layout.parsers.setdefault(key, new)


def _new_layout(names: tuple[str, ...]) -> Optional[_Layout]:
    if json_audit.can_be_audit(names):
        return None
    lower = [name.lower() for name in names]
    computers = tuple(i for i, name in enumerate(lower) if name in json_fields.COMPUTER_FIELDS)
    deciding = tuple(i for i, name in enumerate(lower) if name in json_families.DECIDING_FIELDS)
    event_ids = tuple(i for i, name in enumerate(lower) if name in json_fields.EVENT_ID_FIELDS and i not in deciding)
    if len(computers) > 1:  # the first that is not empty names the computer
        return _Layout(tuple(sorted({*deciding, *computers})), event_ids, ())
    return _Layout(deciding, event_ids, computers)


def _event_id(value: str) -> str:
    """Return a Windows event id or an empty value unchanged, and one common text for all other values."""
    return value if not value or json_fields.is_event_id(value) else _MARK


def _new_parser(
    names: tuple[str, ...], values: Sequence[str], layout: _Layout, event: Event
) -> Optional[_LayoutParser]:
    """Parse the event with marks in place of the values that do not decide, and use the positions of the marks."""
    deciding = {*layout.deciding, *(i for i in layout.event_ids if _event_id(values[i]) != _MARK)}
    marked = [value if i in deciding else f"{_MARK}{i}" for i, value in enumerate(values)]
    record = json_event.record_of(list(zip(names, marked, strict=True)), event)
    if record.family == "flow":
        first = {name.lower(): value for name, value in zip(reversed(names), reversed(marked), strict=True)}
        depends_on_values = zeek.classify(first) is None or zeek.STATE not in names
        return FlowParser(record.event_type, flow.flow_fields(names), depends_on_values)
    if _parses_other_values(record, names) or record.status != "ok":
        return None
    return _copier(record, len(values))


def _copier(record: Record, count: int) -> Optional[_Copier]:
    """Return the copier for a record with marks for the event's `count` values; None where a mark was altered."""
    constants: list[str] = []
    indices: list[int] = []
    for _, value in record.fields:
        if value[:1] != _MARK:
            indices.append(count + len(constants))
            constants.append(value)
        elif value[1:].isdecimal():
            indices.append(int(value[1:]))
        else:
            return None
    return _Copier(record.event_type, tuple(name for name, _ in record.fields), tuple(indices), tuple(constants))


def _parses_other_values(record: Record, names: tuple[str, ...]) -> bool:
    """Return whether values that do not decide are parsed themselves, or decide after all."""
    if record.family == "macos" or (record.family not in _BEFORE_FLOW and flow.flow_fields(names).can_be_flow):
        return True
    if record.family == "windows":
        return any(name in rendered_message.RENDERED_FIELDS for name, _ in record.fields)
    return parser.can_be_envelope(record.family, names)
