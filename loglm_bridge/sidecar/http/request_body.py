"""Bodies of requests for labels: a fast parser for plain bodies, the contract's strict one for all others.

The fast parser accepts bodies that the contract refuses, and may read less of them. Its result is used only where all
events consist of known keys with values of the expected types, and where the body has as many keys as the data, so that
none was repeated. The contract parses every other body again, and words its error if it has one.
"""

from __future__ import annotations

from math import isfinite
from operator import itemgetter
from typing import Any

from loglm_bridge.contract.event import Event
from loglm_bridge.contract.limits import MAX_BATCH_EVENTS
from loglm_bridge.contract.wire import Options, Request, read_request, state_of
from loglm_bridge.sidecar import json_codec

_FIELDS = Event._fields
_FIELD_SET = frozenset(_FIELDS)
_FIELD_TYPES = [{float if name == "time" else str} for name in _FIELDS]
_all_values = itemgetter(*_FIELDS)
_TIME = _FIELDS.index("time")

_BODY_KEYS = frozenset({"events", "options", "past"})
_OPTION_KEYS = frozenset(Options().to_dict())

#: Integers below it convert to float without loss.
_MAX_EXACT_INTEGER = 1 << 53


def parse_request(body: bytes) -> Request:
    """Read the body of POST /v1/label and /v1/embed; result and errors are those of `wire.read_request`."""
    try:
        data = json_codec.parse(body)
    except ValueError:
        return read_request(body)
    events = _plain_events(data)
    if events is None or not _parsed_all_keys(body, data):
        return read_request(body)
    return Request(tuple(events), Options.from_dict(data.get("options")), state_of(data))


def _plain_events(data: Any) -> list[Event] | None:
    """Return the events of a body in which every part is plain, None for any other body."""
    if data.__class__ is not dict or not data.keys() <= _BODY_KEYS:
        return None
    rows, options = data.get("events"), data.get("options", {})
    if rows.__class__ is not list or len(rows) > MAX_BATCH_EVENTS:
        return None
    if options.__class__ is not dict or not options.keys() <= _OPTION_KEYS:
        return None
    if data.get("past", {}).__class__ is not dict:
        return None
    complete = _complete_events(rows)
    if complete is not None:
        return complete
    events = [_plain_event(row) for row in rows]
    return None if None in events else events  # type: ignore[return-value]  # None is excluded


def _complete_events(rows: list[Any]) -> list[Event] | None:
    """Return the events of rows that all have every key, as a search with `by` sends them; None for other rows."""
    try:
        columns = list(zip(*map(_all_values, rows), strict=True))
    except (KeyError, TypeError):
        return None
    if not columns or set(map(len, rows)) != {len(_FIELDS)}:
        return None
    if [set(map(type, column)) for column in columns] != _FIELD_TYPES or not all(map(isfinite, columns[_TIME])):
        return None
    return list(map(Event._make, zip(*columns, strict=True)))


def _plain_event(row: Any) -> Event | None:
    if row.__class__ is not dict or not row.keys() <= _FIELD_SET:
        return None
    get = row.get
    time = get("time", 0.0)
    if time.__class__ is int and abs(time) < _MAX_EXACT_INTEGER:
        time = float(time)
    if time.__class__ is not float or not isfinite(time):
        return None
    raw, sourcetype, source = get("raw", None), get("sourcetype", ""), get("source", "")
    host, entity = get("host", ""), get("entity", "")
    if not raw.__class__ is sourcetype.__class__ is source.__class__ is host.__class__ is entity.__class__ is str:
        return None
    return Event(raw, sourcetype, source, host, time if "time" in row else None, entity)


def _parsed_all_keys(body: bytes, data: Any) -> bool:
    """Return whether all keys of a plain body are in its data, so that none was repeated."""
    if json_codec.is_reproducible(body, data):
        return True
    objects = (data, data.get("options", ()), data.get("past", ()), *data["events"])
    return json_codec.count_keys(body) == sum(map(len, objects))
