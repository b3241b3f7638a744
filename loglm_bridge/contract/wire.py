"""The JSON of sidecar API v1: what is asked, and by whom it is answered, as typed objects. The answer: reply.py."""

from __future__ import annotations

import json
import math
from functools import lru_cache
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import Any, Iterable, Mapping, NamedTuple, Optional, Sequence

from loglm_bridge.contract.errors import InvalidRequest, TooLarge
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.limits import MAX_BATCH_EVENTS, MAX_TOP
from loglm_bridge.contract.strict_json import loads as loads

#: Made once: json.dumps with options makes a new one for every verdict. The data are trees: no search for cycles.
_ENCODER = json.JSONEncoder(ensure_ascii=True, allow_nan=False, check_circular=False, separators=(",", ":"))

#: Characters of an event's hints, together, up to which their JSON is remembered: a search sees the same few again.
_MAX_MEMO = 1_024

#: What JSON escapes in ASCII.
_ESCAPED = bytes(range(32)) + b'"\\'

_FLAGS = ("embedding", "explain", "sequence", "distinct", "brief", "short")


class Options(NamedTuple):
    """What a request asks for: at most `top` techniques, and which of the costly parts of a verdict.

    `sequence` reads the events of one entity together; `distinct` asks for a reply in which equal results stand once,
    `brief` for techniques in malicious and suspicious verdicts only (`techniques` of all others is empty), `short` for
    one in which results that are ok are lists: see `reply.short_form`.
    """

    top: int = 3
    embedding: bool = False
    explain: bool = False
    sequence: bool = False
    distinct: bool = False
    brief: bool = False
    short: bool = False

    @classmethod
    def from_dict(cls, data: Any) -> Options:
        """Read the request's `options`; absent keys take their defaults, unknown ones are ignored.

        Raises:
            InvalidRequest: an option has the wrong type or is out of range.
        """
        if data is None:
            return cls()
        if not isinstance(data, Mapping):
            raise InvalidRequest("options must be a JSON object", where="/options")
        top = data.get("top", cls().top)
        if isinstance(top, bool) or not isinstance(top, int) or not 1 <= top <= MAX_TOP:
            raise InvalidRequest(f"top must be a whole number from 1 to {MAX_TOP}", where="/options/top")
        flags = {}
        for name in _FLAGS:
            value = data.get(name, False)
            if not isinstance(value, bool):
                raise InvalidRequest(f"{name} must be true or false", where=f"/options/{name}")
            flags[name] = value
        return cls(top=top, **flags)

    def to_dict(self) -> dict[str, Any]:
        """Return the wire object."""
        return self._asdict()


class ModelId(NamedTuple):
    """Which model answered; `sha256` is that of its manifest."""

    name: str
    version: str
    sha256: str

    def to_dict(self) -> dict[str, str]:
        """Return the wire object."""
        return self._asdict()

    def __str__(self) -> str:
        return f"{self.name} {self.version} {self.sha256[:12]}"


class Request(NamedTuple):
    """A batch to label; `past` (contract/entity_state.py) is None where the reply shall tell of none either."""

    events: tuple[Event, ...]
    options: Options = Options()
    state: Optional[Mapping[str, str]] = None


def read_request(body: bytes) -> Request:
    """Read the body of POST /v1/label and /v1/embed.

    Raises:
        InvalidRequest: not JSON of the request's shape; the error's `where` is a JSON pointer.
        TooLarge: more events than one batch may hold.
    """
    data = loads(body)
    if not isinstance(data, Mapping):
        raise InvalidRequest("the body must be a JSON object")
    events = data.get("events")
    if not isinstance(events, list):
        raise InvalidRequest('"events" must be a list', where="/events")
    if len(events) > MAX_BATCH_EVENTS:
        raise TooLarge(f"{len(events)} events in one batch, at most {MAX_BATCH_EVENTS}", where="/events")
    return Request(
        events=tuple(Event.from_dict(e, where=f"/events/{i}") for i, e in enumerate(events)),
        options=Options.from_dict(data.get("options")),
        state=state_of(data),
    )


def state_of(data: Mapping[str, Any]) -> Optional[Mapping[str, str]]:
    """Read the `past` of a request, None where it is absent. Raises InvalidRequest where it is no texts by entity."""
    state = data.get("past")
    if state is None:
        return None
    if not isinstance(state, Mapping) or not set(map(type, state.values())) <= {str}:
        raise InvalidRequest("past must be an object of texts", where="/past")
    return state


def write_request(events: Sequence[Event], options: Options) -> bytes:
    """Return the body of POST /v1/label: UTF-8, in which lone surrogates are escaped, so any text can travel."""
    told = [write_event(e.raw, write_hints(e.sourcetype, e.source, e.host), e.entity, e.time) for e in events]
    return join_request(told, options)


def join_request(events: Iterable[bytes], options: Options, state: Optional[Mapping[str, str]] = None) -> bytes:
    """Return the body of a request from elements that `write_event` made, and the past of their entities, if any."""
    told = b'],"options":' + dump(options.to_dict())
    if state is None:
        return b",".join(_framed(b'{"events":[', events, told + b"}"))
    pairs = [b"%b:%b" % (_quoted(entity).encode(), _past(text)) for entity, text in state.items()]
    return b",".join(_framed(b'{"events":[', events, told) + _framed(b'"past":{', pairs, b"}}"))


def write_event(raw: str, hints: str, entity: str, time: Optional[float]) -> bytes:
    """Return one element of a request's `events`; `hints` is what `hints_of` made.

    The same as Event.to_dict() in JSON, at a third of its cost: a search command writes one for each row. No character
    is escaped without need, as a sidecar likes it (sidecar/http/request_body.py).

    Raises:
        ValueError: `time` is not finite.
    """
    if entity:
        hints = f'{hints},"entity":{_quoted(entity)}'
    if time is None:
        return f'{{"raw":{_quoted(raw)}{hints}}}'.encode()
    if not math.isfinite(time):
        raise ValueError(f"time is {time}")
    return f'{{"raw":{_quoted(raw)}{hints},"time":{float(time)!r}}}'.encode()


def write_hints(sourcetype: str, source: str, host: str) -> str:
    """Return what `write_event` writes between an event's text and its entity; absent hints are left out."""
    if len(sourcetype) + len(source) + len(host) > _MAX_MEMO:
        return _hints(sourcetype, source, host)
    return _memo(sourcetype, source, host)


def _hints(sourcetype: str, source: str, host: str) -> str:
    told = (("sourcetype", sourcetype), ("source", source), ("host", host))
    return "".join([f',"{name}":{_quoted(value)}' for name, value in told if value])


def _quoted(text: str) -> str:
    """Return a text as JSON that encodes to UTF-8."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return encode_basestring_ascii(text)
    return encode_basestring(text)


def _past(text: str) -> bytes:
    """Return a past as JSON: it is long, and as a rule nothing in it is to be escaped."""
    told = text.encode("utf-8", "surrogatepass")
    return b'"%b"' % told if told.isascii() and told == told.translate(None, _ESCAPED) else _quoted(text).encode()


def _framed(before: bytes, parts: Iterable[bytes], after: bytes) -> list[bytes]:
    """Return parts with something before the first and after the last one, so that all are joined, and copied, once."""
    framed = [*parts] or [b""]
    framed[0] = before + framed[0]
    framed[-1] += after
    return framed


_memo = lru_cache(maxsize=4_096)(_hints)


def dump(data: Any) -> bytes:
    """Return JSON in ASCII without blanks. Raises ValueError or TypeError where JSON cannot hold the data."""
    return _ENCODER.encode(data).encode("ascii")
