"""Client of the sidecars' HTTP interface (version 1), for the search command, the input and the alert action.

    client = SidecarClient(settings, token)
    reply = client.label(events, Options(top=3))        # Reply.verdicts has the order and length of events

Several addresses are asked at the same time. None of them gets an event or the token before it has named itself as a
sidecar; each is asked again where that can help, waited for where it says so, and left alone (circuit breaker) where
nothing answers.
"""

from __future__ import annotations

import time
from collections import deque
from types import MappingProxyType
from typing import Callable, Iterable, Iterator, Mapping, Optional, Sequence, TypeVar

from loglm_bridge.contract.errors import BadReply
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.reply import Reply
from loglm_bridge.contract.verdict import Verdict
from loglm_bridge.contract.windows import windows_of
from loglm_bridge.contract.wire import ModelId, Options, write_event, write_hints
from loglm_bridge.splunk.client.dispatcher import AT_ONCE, Outcome, PendingRequest, Request, RequestDispatcher
from loglm_bridge.splunk.client.endpoint import Endpoint
from loglm_bridge.splunk.config.settings import Settings

Key = TypeVar("Key")

#: Requests that are under way, or answered and not yet used, for each sidecar: those that it has, and one that is used.
#: More would only take memory.
_AHEAD = AT_ONCE + 1

#: Bytes of a request's body beside its events.
_ENVELOPE = 256

#: What a request without events comes to; it is not sent.
_NOTHING = Reply(ModelId("", "", ""), ())


class SidecarClient:
    """Labels events. Not thread-safe. `clock` and `sleep` are for tests."""

    def __init__(
        self,
        settings: Settings,
        token: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings = settings
        self._endpoints = [Endpoint(url, settings, token, clock, sleep) for url in settings.urls]
        self._lanes = RequestDispatcher(self._endpoints)

    def __enter__(self) -> SidecarClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._lanes.close()

    def label(self, events: Sequence[Event], options: Options) -> Reply:
        """Return the verdicts of `events`, in their order, asked for in as many requests as the limits need.

        All or nothing: who wants to keep the labels of the requests that went well calls `label_parts`. `Reply.model`
        is the model of the last request. A sequence is only cut where a window alone is larger than a request may be.

        Raises:
            SidecarError: no labels; the kind says why and `row_status` what rows carry.
        """
        model: Optional[ModelId] = None
        verdicts: dict[int, Verdict] = {}
        for places, outcome in self.label_parts(events, options):
            if isinstance(outcome, Exception):
                raise outcome
            model = outcome.model
            verdicts.update(zip(places, outcome.verdicts))
        if model is None:
            raise BadReply("no reply")
        return Reply(model=model, verdicts=tuple(verdicts[i] for i in range(len(events))))

    def label_parts(self, events: Sequence[Event], options: Options) -> Iterator[tuple[list[int], Outcome]]:
        """Yield the places of some of `events` and what the request with them came to, until all are told of.

        No events are one request without any: it proves address and token.
        """
        if not events:
            yield [], self._lanes.ask(Request(()), options).outcome()
            return
        units = windows_of(events) if options.sequence else [[i] for i in range(len(events))]
        parts = split(self._settings, units, lambda place: _written(events[place]))
        yield from self.answers(((places, Request(written)) for places, written in parts), options)

    def answers(self, requests: Iterable[tuple[Key, Request]], options: Options) -> Iterator[tuple[Key, Outcome]]:
        """Yield what each request came to, in their order; each comes with a key, by which the caller knows it.

        They are taken as there is room for them, some before the first one is answered.
        """
        options = options._replace(distinct=True, short=True)  # how a reply is spelt, not what it says
        under_way: deque[tuple[Key, Optional[PendingRequest]]] = deque()
        for key, request in requests:
            under_way.append((key, self._lanes.ask(request, options) if request.events else None))
            if len(under_way) > _AHEAD * len(self._endpoints):
                first, asked = under_way.popleft()
                yield first, asked.outcome() if asked else _NOTHING
        for first, asked in under_way:
            yield first, asked.outcome() if asked else _NOTHING

    def identify(self) -> None:
        """Make sure that sidecars of this interface version listen; sends neither events nor the token.

        Raises:
            WrongService: another program listens.
            SidecarRefused: a sidecar of another interface version.
            SidecarError: nothing answers.
        """
        for endpoint in self._endpoints:
            endpoint.identify()


def split(
    settings: Settings,
    units: Iterable[Sequence[int]],
    write: Callable[[int], bytes],
    beside: Mapping[int, int] = MappingProxyType({}),
    first: Optional[int] = None,
) -> Iterator[tuple[list[int], list[bytes]]]:
    """Yield places, and what `write` makes of them, in parts within batch_events and batch_bytes.

    A unit of places is not divided, and is written when its part is wanted. `beside` are the bytes that travel beside
    what is written of a unit's first place. The first part holds at most `first` events, if that is said.
    """
    places: list[int] = []
    events: list[bytes] = []
    size, most = _ENVELOPE, first or settings.batch_events
    for unit in units:
        written = list(map(write, unit))
        cost = sum(map(len, written)) + len(written) + beside.get(unit[0], 0)
        if places and (len(places) + len(unit) > most or size + cost > settings.batch_bytes):
            yield places, events
            places, events, size, most = [], [], _ENVELOPE, settings.batch_events
        places += unit
        events += written
        size += cost
    if places:
        yield places, events


def _written(event: Event) -> bytes:
    return write_event(event.raw, write_hints(event.sourcetype, event.source, event.host), event.entity, event.time)
