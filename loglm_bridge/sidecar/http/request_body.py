"""Bodies of requests for labels: read fast where they are plain, by the contract's strict reader where they are not.

The fast parser lets through what the contract refuses (a repeated key, say) or reads less (lone surrogates). So it only
has the last word on a body whose events hold nothing but the known keys with values of the right kind, and which holds
as many keys as were read, so that none was repeated; any other body is read again, and its error, if it has one, told
by the contract.
"""

from __future__ import annotations

import re
from math import isfinite
from operator import itemgetter
from typing import Any

import orjson

from loglm_bridge.contract.event import Event
from loglm_bridge.contract.limits import MAX_BATCH_EVENTS
from loglm_bridge.contract.wire import Options, Request, state_of, read_request

_KEYS = frozenset(Event._fields)
_FIELDS = Event._fields
_ALL = itemgetter(*_FIELDS)
_PARTS = frozenset({"events", "options", "past"})
_OPTIONS = frozenset(Options().to_dict())

_BACKSLASH = ord("\\")

#: Whole numbers below it are floats without loss.
_WHOLE = 1 << 53

#: A quote whose colon does not follow at once: a key that counting would miss, unless a backslash stands before it.
_LOOSE = re.compile(rb'"[ \t\r\n]+:')


def read(body: bytes) -> Request:
    """Read the body of POST /v1/label and /v1/embed; what it returns and raises is what `wire.read_request` does."""
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        return read_request(body)
    events = _events(data)
    if events is None or not _all_read(body, data):
        return read_request(body)
    return Request(tuple(events), Options.from_dict(data.get("options")), state_of(data))


def _events(data: Any) -> list[Event] | None:
    """Return the events of a body whose every part is plain, None for any other."""
    if data.__class__ is not dict or not data.keys() <= _PARTS:
        return None
    rows, options = data.get("events"), data.get("options", {})
    if rows.__class__ is not list or len(rows) > MAX_BATCH_EVENTS:
        return None
    if options.__class__ is not dict or not options.keys() <= _OPTIONS or data.get("past", {}).__class__ is not dict:
        return None
    whole = _whole(rows)
    if whole is not None:
        return whole
    events = [_event(row) for row in rows]
    return None if None in events else events  # type: ignore[return-value]  # None was looked for


def _whole(rows: list[Any]) -> list[Event] | None:
    """Return the events of rows that hold all keys, as a search with `by` sends them; None for any others."""
    try:
        columns = list(zip(*map(_ALL, rows), strict=True))
    except (KeyError, TypeError):
        return None
    if not columns or set(map(len, rows)) != {len(_FIELDS)}:
        return None
    kinds = [set(map(type, column)) for column in columns]
    times = columns[_FIELDS.index("time")]
    if not all(kind == {float if name == "time" else str} for name, kind in zip(_FIELDS, kinds, strict=True)):
        return None
    return list(map(Event._make, zip(*columns, strict=True))) if all(map(isfinite, times)) else None


def _event(row: Any) -> Event | None:
    if row.__class__ is not dict or not row.keys() <= _KEYS:
        return None
    get = row.get
    time = get("time", 0.0)
    if time.__class__ is int and abs(time) < _WHOLE:
        time = float(time)
    if time.__class__ is not float or not isfinite(time):
        return None
    raw, sourcetype, source = get("raw", None), get("sourcetype", ""), get("source", "")
    host, entity = get("host", ""), get("entity", "")
    if not raw.__class__ is sourcetype.__class__ is source.__class__ is host.__class__ is entity.__class__ is str:
        return None
    return Event(raw, sourcetype, source, host, time if "time" in row else None, entity)


def _all_read(body: bytes, data: Any) -> bool:
    """Tell whether all keys of a body of plain parts are among its data, and none of them was repeated.

    The app writes as orjson does: what comes out as the same bytes has lost nothing. Else the keys are counted.
    """
    if orjson.dumps(data) == body:
        return True
    return _keys(body) == sum(map(len, (data, data.get("options", ()), data.get("past", ()), *data["events"])))


def _keys(body: bytes) -> int:
    """Return how many keys a valid body has, given that none of them ends in a backslash; -1 where that is not told.

    A key's closing quote is followed by a colon. Inside a text a quote has a backslash before it.
    """
    if any(body[found.start() - 1] != _BACKSLASH for found in _LOOSE.finditer(body)):
        return -1
    return body.count(b'":') - body.count(b'\\":')
