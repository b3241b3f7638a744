"""Flows of one plain JSON shape, read column by column: what reading them one by one (shapes.py) gives, at a third of
its cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Optional

import orjson

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.families.network import flow
from loglm_bridge.telemetry.fastpath import json_layouts
from loglm_bridge.telemetry.formats import json_event

#: Characters of the longest event that is tried: no flow of a plain shape is longer, and a longer event might be cut.
_MOST = 4_096

#: Characters at the beginning of a text that tell, with its sourcetype, which texts are of one kind.
_HEAD = 12

#: So many texts of a kind without a flow among them, and its like is not tried again; kinds that are remembered.
_ENOUGH, _MOST_KINDS = 8, 1_024

_MEMBERS = frozenset({str, int, float})
_NUMBERS = frozenset({int, float})

_Object = dict[str, Any]
_Keys = tuple[str, ...]
_Group = tuple[list[int], list[_Object]]
_Columns = Sequence[Sequence[Any]]
_Kind = tuple[str, str]

_values = dict.values

_without_flows: set[_Kind] = set()


class Columns(NamedTuple):
    """Flows of one shape: their `places`, and by the schema's names (flow.ORDER) one value for each of them.

    Values are numbers or texts as JSON has them; the text of a number is what the schema holds. A name without values
    says nothing of these flows.
    """

    places: Sequence[int]
    values: Mapping[str, Sequence[Any]]


def flow_columns(events: Sequence[Event], wanted: Container[str]) -> Iterator[Columns]:
    """Yield the `wanted` values of those events that are flows and can be read so; others are to be read one by one."""
    tried = [i for i, event in enumerate(events) if event.raw[:1] == "{" and len(event.raw) <= _MOST]
    if _without_flows:
        tried = [place for place in tried if _kind(events[place]) not in _without_flows]
    read: set[int] = set()
    for keys, (places, values) in _groups(events, tried).items():
        found = _read(keys, list(zip(*map(_values, values), strict=True)), events[places[0]], wanted)
        if found is not None:
            rows, columns = found
            flows = [places[row] for row in rows]
            read.update(flows)
            yield Columns(flows, columns)
    if len(read) < len(tried):
        _forgo(events, read, [place for place in tried if place not in read])


def _kind(event: Event) -> _Kind:
    return event.sourcetype, event.raw[:_HEAD]


def _forgo(events: Sequence[Event], read: Iterable[int], left: Iterable[int]) -> None:
    """Remember the kinds of which several texts are left and none was read."""
    counts = Counter([_kind(events[place]) for place in left])
    kinds = {kind for kind, count in counts.items() if count >= _ENOUGH} - {_kind(events[place]) for place in read}
    if len(_without_flows) >= _MOST_KINDS:
        _without_flows.clear()
    _without_flows.update(kinds)


def _groups(events: Sequence[Event], places: list[int]) -> Mapping[_Keys, _Group]:
    """Return the places of the plain objects among texts, and these, by their keys."""
    texts = [events[place].raw for place in places]
    if not _is_plain(" ".join(texts), len(texts)):
        places = [place for place, text in zip(places, texts, strict=True) if _is_plain(text)]
        texts = [events[place].raw for place in places]
    objects = _objects(texts)
    kinds = list(map(tuple, objects))
    if len(set(kinds)) == 1:  # as a rule
        return {kinds[0]: (places, objects)} if kinds[0] else {}
    groups: dict[_Keys, _Group] = {}
    for keys, place, value in zip(kinds, places, objects, strict=True):
        if keys:
            own = groups.setdefault(keys, ([], []))
            own[0].append(place)
            own[1].append(value)
    return groups


def _objects(texts: Sequence[str]) -> list[_Object]:
    """Return what texts hold, nothing for one that is no JSON or has too many fields."""
    try:
        objects = list(map(orjson.loads, texts))
    except orjson.JSONDecodeError:
        objects = [_object(text) for text in texts]
    return [one if len(one) <= json_event.FEW else {} for one in objects]


def _object(text: str) -> _Object:
    try:
        found: _Object = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return found


def _is_plain(text: str, objects: int = 1) -> bool:
    """Tell whether nothing in so many JSON objects, joined by blanks, is more than their parser's plain case.

    Of what cannot be printed JSON lets through what is named here.
    """
    return (
        text.isascii()
        and text.count("{") == objects
        and not any(mark in text for mark in "[\\\t\n\r\x7f")
        and "<Event" not in text
    )


def _read(
    keys: _Keys, columns: _Columns, event: Event, wanted: Container[str]
) -> Optional[tuple[Sequence[int], dict[str, Sequence[Any]]]]:
    """Return rows and their wanted columns by the schema's names, None where no rows are flows that are read alike.

    Rows that say nothing in a field in which others say something are left out.
    """
    kinds = [set(map(type, column)) for column in columns]
    if not all(kind <= _MEMBERS for kind in kinds):
        return None
    known = json_layouts.flow_reading(json_event.names_of(keys), [str(column[0]) for column in columns], event)
    if known is None or any(len(set(columns[place])) > 1 for place in known[1]):
        return None
    reading, rows, blank = known[0], range(len(columns[0])), []
    odd: set[int] = set()
    for place in reading.roles.places:
        nothing = [row for row in rows if columns[place][row] in flow.NOTHING] if str in kinds[place] else []
        if len(nothing) == len(rows):
            blank.append(place)
        else:
            odd.update(nothing)
    plan = reading.plan(tuple(blank))
    kept = [row for row in rows if row not in odd] if odd else rows
    if plan is None or not kept:
        return None
    return kept, _wanted(plan, [[column[row] for row in kept] for column in columns] if odd else columns, kinds, wanted)


def _wanted(
    plan: flow.Plan, columns: _Columns, kinds: Sequence[set[type]], wanted: Container[str]
) -> dict[str, Sequence[Any]]:
    anew, found = dict(plan.changed), {}
    for i, (name, place) in enumerate(zip(plan.names, plan.places, strict=True)):
        if name in wanted:
            column, convert = columns[place], anew.get(i)
            as_it_is = isinstance(convert, flow.Duration) and not convert.scaled and kinds[place] <= _NUMBERS
            found[name] = column if convert is None or as_it_is else [convert(str(value)) for value in column]
    return found
