"""Client of the sidecar's HTTP interface (version 1), for the search command, the input and the alert action.

    client = SidecarClient(settings, token)
    reply = client.label(events, Options(top=3))        # Reply.verdicts has the order and length of events

It never sends an event or the token before the other side has named itself as a sidecar, asks again where that can
help, waits where it is told to, and stops asking (circuit breaker) where nothing answers.
"""

from __future__ import annotations

import time
from typing import Callable, Iterator, Mapping, Optional, Sequence, Union

from loglm_bridge.contract.errors import (
    BadReply,
    SidecarError,
    SidecarRefused,
    SidecarTimeout,
    VersionMismatch,
    WrongService,
)
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.limits import API_VERSION, SERVICE
from loglm_bridge.contract.sequence import windows
from loglm_bridge.contract.verdict import Verdict
from loglm_bridge.contract.wire import ModelId, Options, Reply, read_reply, write_request
from loglm_bridge.splunk.breaker import CircuitBreaker
from loglm_bridge.splunk.refusal import PATIENCE, BusyError, Lasting, TooBig, json_object, refusal
from loglm_bridge.splunk.settings import Settings
from loglm_bridge.splunk.transport import ConnectionLost, Transport, Unreachable

#: Seconds within which a sidecar must name itself; three silent tries stay under five.
IDENTITY_SECONDS = 1.5

#: The pause before the second try; it grows with each.
_PAUSE_SECONDS = 0.2

#: Bytes of an event on the wire beside its text.
_EVENT_OVERHEAD = 160


class SidecarClient:
    """Labels events. Not thread-safe: one client is one connection and one circuit breaker.

    `clock` and `sleep` are for tests.
    """

    def __init__(
        self,
        settings: Settings,
        token: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings = settings
        self._token = token
        self._sleep = sleep
        self._breaker = CircuitBreaker(clock)
        self._transport = Transport(settings)
        self._identified = False
        self._patience = dict(PATIENCE)

    def __enter__(self) -> SidecarClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    def label(self, events: Sequence[Event], options: Options) -> Reply:
        """Return the verdicts of `events`, in their order, asked for in as many requests as the limits need.

        All or nothing: who wants to keep the labels of the requests that went well calls this with one part of
        `split(events)` at a time. `Reply.model` is the model of the last request. A sequence is only cut where the
        sidecar refuses a request that grew by escaping.

        Raises:
            SidecarError: no labels; the kind says why and `row_status` what rows carry.
        """
        model: Optional[ModelId] = None
        verdicts: dict[int, Verdict] = {}
        for part in self.split(events, options.sequence) if events else [[]]:
            places = iter(part)
            for reply in self._label_part([events[i] for i in part], options):
                model = reply.model
                verdicts.update((place, verdict) for verdict, place in zip(reply.verdicts, places))
        if model is None:
            raise BadReply("no reply")
        return Reply(model=model, verdicts=tuple(verdicts[i] for i in range(len(events))))

    def split(self, events: Sequence[Event], together: bool = False) -> Iterator[list[int]]:
        """Yield the places of all events in parts within batch_events and, as far as is told cheaply, batch_bytes.

        With `together` no window of a sequence (contract/sequence.py) is cut, and a part holds at least one.
        """
        part: list[int] = []
        size = 0
        for unit in windows(events) if together else ([i] for i in range(len(events))):
            cost = sum(len(events[i].raw) + _EVENT_OVERHEAD for i in unit)
            full = len(part) + len(unit) > self._settings.batch_events or size + cost > self._settings.batch_bytes
            if part and full:
                yield part
                part, size = [], 0
            part += unit
            size += cost
        if part:
            yield part

    def identify(self) -> None:
        """Make sure that a sidecar of this interface version listens; sends neither events nor the token.

        Raises:
            WrongService: another program listens.
            SidecarRefused: a sidecar of another interface version.
            SidecarError: nothing answers.
        """
        try:
            answer = self._transport.send("GET", "/health/live", seconds=min(IDENTITY_SECONDS, self._settings.timeout))
        except SidecarTimeout as error:
            raise _Silent(error.message) from error
        data = json_object(answer)
        if data.get("service") != SERVICE:
            if isinstance(data.get("error"), Mapping):
                raise refusal(answer, self._settings.address)
            raise WrongService(f"what listens at {self._settings.address} is not a LogLM sidecar")
        if data.get("api") != API_VERSION:
            raise SidecarRefused(
                f"the sidecar speaks interface {str(data.get('api'))[:20]}, this app speaks {API_VERSION}",
                hint=VersionMismatch.hint,
            )
        self._identified = True

    def _label_part(self, events: Sequence[Event], options: Options) -> Iterator[Reply]:
        """Send one part, in halves as long as it is larger than this side's or the sidecar's limit."""
        body = write_request(events, options)
        if len(body) <= self._settings.batch_bytes or len(events) <= 1:
            try:
                yield self._ask(body, len(events))
                return
            except TooBig:
                if len(events) <= 1:
                    raise
        half = len(events) // 2
        yield from self._label_part(events[:half], options)
        yield from self._label_part(events[half:], options)

    def _ask(self, body: bytes, count: int) -> Reply:
        """Send one request until it is answered, its tries are used up or the circuit opens."""
        self._breaker.check()
        failures = 0
        while True:
            outcome = self._attempt(body, count)
            if isinstance(outcome, Reply):
                self._breaker.success()
                return outcome
            if isinstance(outcome, TooBig):
                raise outcome
            if isinstance(outcome, BusyError):
                self._wait(outcome)
            else:
                failures += 1
                self._give_up_or_pause(outcome, failures)

    def _attempt(self, body: bytes, count: int) -> Union[Reply, SidecarError]:
        try:
            return self._try(body, count)
        except SidecarError as error:
            return error

    def _try(self, body: bytes, count: int) -> Reply:
        if not self._identified:
            self.identify()
        answer = self._transport.send("POST", "/v1/label", seconds=self._settings.timeout, token=self._token, body=body)
        if answer.status != 200:
            raise refusal(answer, self._settings.address)
        return read_reply(answer.body, count)

    def _give_up_or_pause(self, error: SidecarError, failures: int) -> None:
        # who answers next on this address may be another program
        self._identified = False
        self._transport.renew()
        last = failures >= _TRIES.get(type(error), 1)
        self._breaker.failure(error, lasting=last and isinstance(error, (WrongService, Lasting)))
        if last or self._breaker.open:
            raise error
        self._sleep(_PAUSE_SECONDS * failures)

    def _wait(self, busy: BusyError) -> None:
        left = self._patience[busy.reason]
        if left <= 0:
            self._breaker.failure(busy.error)
            raise busy.error
        pause = min(busy.seconds, left)
        self._patience[busy.reason] = left - pause
        self._sleep(pause)


class _Silent(SidecarTimeout):
    """The sidecar did not name itself in time; a machine under load needs longer for the first answer."""


#: How often a request is sent where the failure may pass (labelling is idempotent); other failures are told at once.
#: WrongService is among them, because an answer cut in its head can look like another program's.
_TRIES: Mapping[type[SidecarError], int] = {
    Unreachable: 3,
    _Silent: 3,
    ConnectionLost: 2,
    BadReply: 2,
    WrongService: 2,
}
