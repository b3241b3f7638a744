"""Fast path for batches of flows in flat JSON: parsed column by column, at a third of the cost of one by one.

Reference implementation: `fastpath.parser.parse`, and so `parser.parse_record`; the columns hold the same values
(tests/telemetry/fastpath/test_flow_columns.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Optional

import orjson

from loglm_bridge.contract.event import Event
from loglm_bridge.contract.limits import MAX_HINT
from loglm_bridge.telemetry.families.network import flow
from loglm_bridge.telemetry.fastpath import json_layouts
from loglm_bridge.telemetry.fastpath.flow_plan import DurationConverter, FlowPlan
from loglm_bridge.telemetry.formats import json_event

#: Longest event that is tried, in characters: flat flows are shorter, and a longer event might be truncated.
_MAX_LENGTH = 4_096

#: Characters of a text's beginning that identify, with the sourcetype, texts that are alike.
_PREFIX_LENGTH = 12

#: Alike texts in a batch, none of them a flow, after which such texts are not tried again; prefixes cached.
_MIN_FAILURES, _MAX_PREFIXES = 8, 1_024

_SCALARS = frozenset({str, int, float})
_NUMBERS = frozenset({int, float})

_Object = dict[str, Any]
_Keys = tuple[str, ...]
_Group = tuple[list[int], list[_Object]]
_Columns = Sequence[Sequence[Any]]
_Prefix = tuple[str, str]

_values_of = dict.values

_prefixes_without_flows: set[_Prefix] = set()


class FlowColumns(NamedTuple):
    """Flows of one layout: their `indices` in the batch, and by the schema's names one value for each of them.

    Values are numbers or texts as in the JSON; the text of a number is what the record of the flow holds. A name
    without values is blank in all these flows.
    """

    indices: Sequence[int]
    values: Mapping[str, Sequence[Any]]


def flow_columns(events: Sequence[Event], wanted: Container[str]) -> Iterator[FlowColumns]:
    """Yield the values of the `wanted` schema names for the events that are flows in flat JSON.

    Events that are not yielded have to be parsed one by one.
    """
    tried = [i for i, event in enumerate(events) if event.raw[:1] == "{" and len(event.raw) <= _MAX_LENGTH]
    if _prefixes_without_flows:
        tried = [i for i in tried if _prefix(events[i]) not in _prefixes_without_flows]
    parsed: set[int] = set()
    for keys, (indices, objects) in _group_by_keys(events, tried).items():
        columns = list(zip(*map(_values_of, objects), strict=True))
        result = _parse_group(keys, columns, events[indices[0]], wanted)
        if result is not None:
            rows, values = result
            flows = [indices[row] for row in rows]
            parsed.update(flows)
            yield FlowColumns(flows, values)
    if len(parsed) < len(tried):
        _remember_failures(events, parsed, [i for i in tried if i not in parsed])


def _prefix(event: Event) -> _Prefix:
    return event.sourcetype[:MAX_HINT], event.raw[:_PREFIX_LENGTH]


def _remember_failures(events: Sequence[Event], parsed: Iterable[int], failed: Iterable[int]) -> None:
    """Remember the prefixes of which several texts failed and none was parsed."""
    counts = Counter([_prefix(events[i]) for i in failed])
    prefixes = {prefix for prefix, count in counts.items() if count >= _MIN_FAILURES}
    prefixes -= {_prefix(events[i]) for i in parsed}
    if len(_prefixes_without_flows) >= _MAX_PREFIXES:
        _prefixes_without_flows.clear()
    _prefixes_without_flows.update(prefixes)


def _group_by_keys(events: Sequence[Event], indices: list[int]) -> Mapping[_Keys, _Group]:
    """Return the indices of the flat objects among the texts, and the objects, by their keys."""
    texts = [events[i].raw for i in indices]
    if not _is_flat(" ".join(texts), len(texts)):
        indices = [i for i, text in zip(indices, texts, strict=True) if _is_flat(text)]
        texts = [events[i].raw for i in indices]
    objects = _parse_objects(texts)
    keys_of_objects = list(map(tuple, objects))
    if len(set(keys_of_objects)) == 1:  # as a rule
        return {keys_of_objects[0]: (indices, objects)} if keys_of_objects[0] else {}
    groups: dict[_Keys, _Group] = {}
    for keys, index, value in zip(keys_of_objects, indices, objects, strict=True):
        if keys:
            group = groups.setdefault(keys, ([], []))
            group[0].append(index)
            group[1].append(value)
    return groups


def _parse_objects(texts: Sequence[str]) -> list[_Object]:
    """Return the objects of JSON texts, an empty one for text that is not JSON or has too many fields."""
    try:
        objects = list(map(orjson.loads, texts))
    except orjson.JSONDecodeError:
        objects = [_parse_object(text) for text in texts]
    return [one if len(one) <= json_event.MAX_FLAT_MEMBERS else {} for one in objects]


def _parse_object(text: str) -> _Object:
    try:
        value: _Object = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return value


def _is_flat(text: str, objects: int = 1) -> bool:
    """Return whether a text of so many JSON objects, joined by blanks, holds none that is nested or needs cleaning.

    Of the unprintable characters JSON allows in ASCII text only those named here.
    """
    return (
        text.isascii()
        and text.count("{") == objects
        and not any(character in text for character in "[\\\t\n\r\x7f")
        and "<Event" not in text
    )


def _parse_group(
    keys: _Keys, columns: _Columns, event: Event, wanted: Container[str]
) -> Optional[tuple[Sequence[int], dict[str, Sequence[Any]]]]:
    """Return rows and their wanted columns by the schema's names, None where no rows are flows of one plan.

    Rows that are blank in a field in which other rows are not are left out.
    """
    types = [set(map(type, column)) for column in columns]
    if not all(column_types <= _SCALARS for column_types in types):
        return None
    names, first_row = json_event.names_of(keys), [str(column[0]) for column in columns]
    flow_parser = json_layouts.flow_parser(names, first_row, event)
    if flow_parser is None or any(len(set(columns[index])) > 1 for index in flow_parser[1]):
        return None
    parser, rows = flow_parser[0], range(len(columns[0]))
    blank: list[int] = []
    partly_blank: set[int] = set()
    for index in parser.fields.indices:
        blank_rows = [row for row in rows if columns[index][row] in flow.BLANK_VALUES] if str in types[index] else []
        if len(blank_rows) == len(rows):
            blank.append(index)
        else:
            partly_blank.update(blank_rows)
    plan = parser.plan(tuple(blank))
    selected = [row for row in rows if row not in partly_blank] if partly_blank else rows
    if plan is None or not selected:
        return None
    if partly_blank:
        columns = [[column[row] for row in selected] for column in columns]
    return selected, _wanted_columns(plan, columns, types, wanted)


def _wanted_columns(
    plan: FlowPlan, columns: _Columns, types: Sequence[set[type]], wanted: Container[str]
) -> dict[str, Sequence[Any]]:
    converters = dict(plan.converters)
    values: dict[str, Sequence[Any]] = {}
    for i, (name, index) in enumerate(zip(plan.names, plan.indices, strict=True)):
        if name not in wanted:
            continue
        column, convert = columns[index], converters.get(i)
        already_seconds = (
            isinstance(convert, DurationConverter) and not convert.changes_unit and types[index] <= _NUMBERS
        )
        values[name] = column if convert is None or already_seconds else [convert(str(value)) for value in column]
    return values
