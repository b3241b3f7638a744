"""Flows of one plain JSON shape, read column by column: what reading them one by one (shapes.py) gives, at a third of
its cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry import shapes
from loglm_bridge.telemetry.families import flow
from loglm_bridge.telemetry.formats import json_event

#: Characters of the longest event that is tried: no flow of a plain shape is longer, and a longer event might be cut.
_MOST = 4_096

_MEMBERS = frozenset({str, int, float})
_NUMBERS = frozenset({int, float})


class Columns(NamedTuple):
    """Flows of one shape: their `places`, and by the schema's names (flow.ORDER) one value for each of them.

    Values are numbers or texts as JSON has them; the text of a number is what the schema holds. A name without values
    says nothing of these flows.
    """

    places: Sequence[int]
    values: Mapping[str, Sequence[Any]]


def flow_columns(events: Sequence[Event], wanted: Container[str]) -> Iterator[Columns]:
    """Yield the `wanted` values of those events that are flows and can be read so; all others have to be read one by
    one."""
    groups: defaultdict[tuple[str, ...], list[tuple[int, dict[str, Any]]]] = defaultdict(list)
    plain = _is_plain(" ".join([event.raw for event in events]))
    for place, event in enumerate(events):
        raw = event.raw
        if raw[:1] == "{" and len(raw) <= _MOST and (plain or _is_plain(raw)):
            try:
                value = orjson.loads(raw)
            except orjson.JSONDecodeError:
                continue
            if 0 < len(value) <= json_event.FEW:
                groups[tuple(value)].append((place, value))
    for keys, members in groups.items():
        places, values = zip(*members, strict=True)
        columns = list(zip(*[value.values() for value in values], strict=True))
        found = _read(keys, columns, events[places[0]], wanted)
        if found is not None:
            yield Columns(places, found)


def _is_plain(text: str) -> bool:
    """Tell whether nothing in a text is more than its parser's plain case, nor in any of several joined by blanks."""
    return (
        text.isascii()
        and text.isprintable()
        and "\\" not in text
        and '"{' not in text
        and '"[' not in text
        and "<Event" not in text
    )


def _read(
    keys: tuple[str, ...], columns: Sequence[Sequence[Any]], event: Event, wanted: Container[str]
) -> dict[str, Sequence[Any]] | None:
    """Return the wanted columns by the schema's names, None where these are not all flows that are read alike."""
    kinds = [set(map(type, column)) for column in columns]
    if not all(kind <= _MEMBERS for kind in kinds):
        return None
    first = [str(column[0]) for column in columns]
    known = shapes.flow_reading(json_event.names_of(keys), first, event)
    if known is None or any(len(set(columns[place])) > 1 for place in known[1]):
        return None
    plan = _plan(known[0], columns, kinds)
    if plan is None:
        return None
    anew = dict(plan.changed)
    found = {}
    for i, (name, place) in enumerate(zip(plan.names, plan.places, strict=True)):
        if name in wanted:
            column, convert = columns[place], anew.get(i)
            as_it_is = isinstance(convert, flow.Duration) and not convert.scaled and kinds[place] <= _NUMBERS
            found[name] = column if convert is None or as_it_is else [convert(str(value)) for value in column]
    return found


def _plan(reading: shapes.Flow, columns: Sequence[Sequence[Any]], kinds: Sequence[set[type]]) -> flow.Plan | None:
    """Return how the flows are read, None where some say nothing in a field in which others say something."""
    blank = []
    for place in reading.roles.places:
        nothing = sum([value in flow.NOTHING for value in columns[place]]) if str in kinds[place] else 0
        if nothing == len(columns[place]):
            blank.append(place)
        elif nothing:
            return None
    return reading.plan(tuple(blank))
