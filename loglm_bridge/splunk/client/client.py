"""Client of the sidecars' HTTP interface (version 1), for the search command, the input and the alert action.

    client = SidecarClient(settings, token)
    reply = client.label(events, Options(top=3))        # Reply.verdicts has the order and length of events

Several addresses are called concurrently. None of them gets an event or the token before it has identified itself as a
sidecar. Calls are retried where that can help, delayed where the sidecar asks for it, and stopped for a while (circuit
breaker) where nothing answers.
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
from loglm_bridge.contract.wire import ModelId, Options, encode_event
from loglm_bridge.splunk.client.dispatcher import (
    WORKERS_PER_ENDPOINT,
    EncodedRequest,
    Outcome,
    PendingRequest,
    RequestDispatcher,
)
from loglm_bridge.splunk.client.endpoint import Endpoint
from loglm_bridge.splunk.config.settings import Settings

Key = TypeVar("Key")

#: Maximum submitted requests per sidecar whose result the caller has not taken: one per worker, and one that is ready.
#: More would only take memory.
_MAX_PENDING = WORKERS_PER_ENDPOINT + 1

#: Bytes of a request's body beside its events.
_ENVELOPE_BYTES = 256

#: The result of a request without events, which is not sent.
_EMPTY_REPLY = Reply(ModelId("", "", ""), ())


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
        self._dispatcher = RequestDispatcher(self._endpoints)

    def __enter__(self) -> SidecarClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._dispatcher.close()

    def label(self, events: Sequence[Event], options: Options) -> Reply:
        """Return the verdicts of `events`, in their order, with as many requests as the limits need.

        All or nothing: `label_in_parts` keeps the labels of the requests that succeed. `Reply.model` is the model of
        the last request. A window is divided only where it alone exceeds the limits of a request.

        Raises:
            SidecarError: no labels; the class says why, `row_status` is the status of the rows.
        """
        model: Optional[ModelId] = None
        verdicts: dict[int, Verdict] = {}
        for indices, outcome in self.label_in_parts(events, options):
            if isinstance(outcome, Exception):
                raise outcome
            model = outcome.model
            verdicts.update(zip(indices, outcome.verdicts))
        if model is None:
            raise BadReply("no reply")
        return Reply(model=model, verdicts=tuple(verdicts[i] for i in range(len(events))))

    def label_in_parts(self, events: Sequence[Event], options: Options) -> Iterator[tuple[list[int], Outcome]]:
        """Yield for each request the indices of its events in `events`, and its outcome.

        Without events, one empty request is sent: it checks address and token.
        """
        if not events:
            yield [], self._dispatcher.submit(EncodedRequest(()), options).result()
            return
        units = windows_of(events) if options.sequence else [[i] for i in range(len(events))]
        parts = split_into_requests(self._settings, units, lambda index: encode_event(events[index]))
        yield from self.label_requests(((indices, EncodedRequest(encoded)) for indices, encoded in parts), options)

    def label_requests(
        self, requests: Iterable[tuple[Key, EncodedRequest]], options: Options
    ) -> Iterator[tuple[Key, Outcome]]:
        """Yield the outcome of each request, in their order, with the key that the caller gave it.

        Requests are taken from the iterable as there is room for them, some before the first one is answered.
        """
        options = options._replace(distinct=True, short=True)  # a shorter form of the same reply
        queue: deque[tuple[Key, Optional[PendingRequest]]] = deque()
        for key, request in requests:
            queue.append((key, self._dispatcher.submit(request, options) if request.events else None))
            if len(queue) > _MAX_PENDING * len(self._endpoints):
                yield _result(*queue.popleft())
        for key, pending in queue:
            yield _result(key, pending)

    def identify(self) -> None:
        """Make sure that sidecars of this interface version listen; sends neither events nor the token.

        Raises:
            WrongService: another program listens.
            SidecarRefused: a sidecar of another interface version.
            SidecarError: no answer.
        """
        for endpoint in self._endpoints:
            endpoint.identify()


def split_into_requests(
    settings: Settings,
    units: Iterable[Sequence[int]],
    encode: Callable[[int], bytes],
    extra_bytes: Mapping[int, int] = MappingProxyType({}),
    first_limit: Optional[int] = None,
) -> Iterator[tuple[list[int], list[bytes]]]:
    """Yield the indices of events, and their results of `encode`, in parts within batch_events and batch_bytes.

    A unit (a list of indices) is not divided, and is encoded when its part is wanted. `extra_bytes` maps the first
    index of a unit to the bytes that travel with it beside its events. The first part holds at most `first_limit`
    events, where that is given.
    """
    indices: list[int] = []
    events: list[bytes] = []
    size, max_events = _ENVELOPE_BYTES, first_limit or settings.batch_events
    for unit in units:
        encoded = list(map(encode, unit))
        cost = sum(map(len, encoded)) + len(encoded) + extra_bytes.get(unit[0], 0)
        if indices and (len(indices) + len(unit) > max_events or size + cost > settings.batch_bytes):
            yield indices, events
            indices, events, size, max_events = [], [], _ENVELOPE_BYTES, settings.batch_events
        indices += unit
        events += encoded
        size += cost
    if indices:
        yield indices, events


def _result(key: Key, pending: Optional[PendingRequest]) -> tuple[Key, Outcome]:
    return key, _EMPTY_REPLY if pending is None else pending.result()
