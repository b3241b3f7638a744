"""The JSON of sidecar API v1: requests, and the model's identity, as typed objects. Replies: reply.py."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, Iterable, Mapping, NamedTuple, Optional, Sequence

from loglm_bridge.contract.entity_state import check_state
from loglm_bridge.contract.errors import InvalidRequest, TooLarge
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.json_codec import encode, parse, quote
from loglm_bridge.contract.limits import MAX_BATCH_EVENTS, MAX_TOP

#: Maximum characters of an event's hints whose JSON is cached: a search sees the same few again and again.
_MAX_CACHED = 1_024

#: The ASCII bytes that JSON escapes.
_ESCAPED = bytes(range(32)) + b'"\\'

_FLAGS = ("embedding", "explain", "sequence", "distinct", "brief", "short")


class Options(NamedTuple):
    """What a request asks for: at most `top` techniques, and which of the costly parts of a verdict.

    `sequence` reads the events of one entity together. `distinct` asks for a reply in which equal results occur once.
    `brief` asks for techniques in malicious and suspicious verdicts only (all others have an empty list). `short` asks
    for results that are ok as lists: see `reply.short_form`.
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
    """A batch to label. `state` (wire key `past`) is None where the reply shall carry no entity state either."""

    events: tuple[Event, ...]
    options: Options = Options()
    state: Optional[Mapping[str, str]] = None


def read_request(body: bytes) -> Request:
    """Read the body of POST /v1/label and /v1/embed.

    Raises:
        InvalidRequest: not JSON of the request's form; the error's `where` is a JSON pointer.
        TooLarge: more events than one batch may hold.
    """
    data = parse(body)
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
    """Return the `past` of a request, None where absent. Raises InvalidRequest unless it is an object of strings."""
    state = data.get("past")
    try:
        return None if state is None else check_state(state)
    except TypeError as error:
        raise InvalidRequest(str(error), where="/past") from None


def write_request(events: Sequence[Event], options: Options) -> bytes:
    """Return the body of POST /v1/label: UTF-8 in which lone surrogates are escaped, so any text can travel."""
    return join_request(map(encode_event, events), options)


def join_request(events: Iterable[bytes], options: Options, state: Optional[Mapping[str, str]] = None) -> bytes:
    """Return the body of a request from results of `write_event`, with the state of their entities, if any."""
    ending = b'],"options":' + encode(options.to_dict())
    if state is None:
        return b",".join(_framed(b'{"events":[', events, ending + b"}"))
    pairs = [b"%b:%b" % (quote(entity).encode(), _quote_state(text)) for entity, text in state.items()]
    return b",".join(_framed(b'{"events":[', events, ending) + _framed(b'"past":{', pairs, b"}}"))


def encode_event(event: Event) -> bytes:
    """Return one element of a request's `events`: see `write_event`."""
    return write_event(event.raw, write_hints(event.sourcetype, event.source, event.host), event.entity, event.time)


def write_event(raw: str, hints: str, entity: str, time: Optional[float]) -> bytes:
    """Return one element of a request's `events`; `hints` is a result of `write_hints`, `time` epoch seconds.

    Equal to Event.to_dict() as JSON, at a third of its cost: a search command writes one for each row. Only characters
    that need it are escaped, because the sidecar's fast reader compares bytes (sidecar/http/request_body.py).

    Raises:
        ValueError: `time` is not finite.
    """
    if entity:
        hints = f'{hints},"entity":{quote(entity)}'
    if time is None:
        return f'{{"raw":{quote(raw)}{hints}}}'.encode()
    if not math.isfinite(time):
        raise ValueError(f"time is {time}")
    return f'{{"raw":{quote(raw)}{hints},"time":{float(time)!r}}}'.encode()


def write_hints(sourcetype: str, source: str, host: str) -> str:
    """Return the JSON between an event's text and its entity; absent hints are left out."""
    if len(sourcetype) + len(source) + len(host) > _MAX_CACHED:
        return _write_hints(sourcetype, source, host)
    return _cached_hints(sourcetype, source, host)


def _write_hints(sourcetype: str, source: str, host: str) -> str:
    hints = (("sourcetype", sourcetype), ("source", source), ("host", host))
    return "".join([f',"{name}":{quote(value)}' for name, value in hints if value])


_cached_hints = lru_cache(maxsize=4_096)(_write_hints)


def _quote_state(text: str) -> bytes:
    """Return an entity's state as JSON: it is long, and as a rule nothing in it needs an escape."""
    encoded = text.encode("utf-8", "surrogatepass")
    plain = encoded.isascii() and encoded == encoded.translate(None, _ESCAPED)
    return b'"%b"' % encoded if plain else quote(text).encode()


def _framed(before: bytes, parts: Iterable[bytes], after: bytes) -> list[bytes]:
    """Return parts with a prefix on the first and a suffix on the last, so that one join copies everything once."""
    framed = [*parts] or [b""]
    framed[0] = before + framed[0]
    framed[-1] += after
    return framed
