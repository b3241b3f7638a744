"""One sidecar: its identity, how often it is asked, how long it is waited for, when it is left alone.

Neither an event nor the token is sent before the other side has named itself as a sidecar.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import Callable, Iterator, Mapping, Optional, Sequence, Union

from loglm_bridge.contract.errors import (
    BadReply,
    SidecarError,
    SidecarRefused,
    SidecarTimeout,
    VersionMismatch,
    WrongService,
)
from loglm_bridge.contract.limits import API_VERSION, SERVICE
from loglm_bridge.contract.reply import Reply, read_reply
from loglm_bridge.contract.wire import Options, join_request
from loglm_bridge.splunk.client.circuit_breaker import CircuitBreaker
from loglm_bridge.splunk.client.http_errors import PATIENCE, BusyError, Lasting, TooBig, json_object, refusal
from loglm_bridge.splunk.client.transport import ConnectionLost, Transport, Unreachable
from loglm_bridge.splunk.config.settings import Settings

#: Seconds within which a sidecar must name itself; three silent tries stay under five.
IDENTITY_SECONDS = 1.5

#: The share of `timeout` within which an answer is prompt; a sidecar that takes longer has enough to do.
_PROMPT = 0.1

#: The pause before the second try; it grows with each.
_PAUSE_SECONDS = 0.2


class Endpoint:
    """Asks the sidecar at `url`. Threads may share it: they share its circuit breaker, and each has a connection.

    Raises SidecarUnavailable where the settings' `ca_file` cannot be read.
    """

    def __init__(
        self,
        url: str,
        settings: Settings,
        token: str,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._url = url
        self._settings = settings
        self._token = token
        self._sleep = sleep
        self._lock = threading.Lock()
        self._breaker = CircuitBreaker(clock)
        self._idle = [Transport(url, settings.ca_file)]
        self._clock = clock
        self._patience = dict(PATIENCE)
        self.proven = False

    @property
    def open(self) -> bool:
        """Whether the circuit is open: it failed, and is not asked for now."""
        return self._breaker.open

    def close(self) -> None:
        """Close the connections that are not in use."""
        with self._lock:
            idle, self._idle = self._idle, []
        for transport in idle:
            transport.close()

    def label(
        self,
        events: Sequence[bytes],
        options: Options,
        state: Optional[Mapping[str, str]] = None,
        on_its_way: Optional[Callable[[], None]] = None,
    ) -> Reply:
        """Return the verdicts of a request's `events` (contract/wire.py), in their order, and their entities' `past`.

        The request is sent in halves as long as it is larger than this side's or the sidecar's limit. `Reply.model` is
        that of the last one. `proven` is set by a prompt answer and taken back by anything else. `on_its_way` is
        called when the request, or a part of it, was sent.

        Raises:
            SidecarError: no labels; the kind says why.
        """
        with self._connection(on_its_way) as transport:
            replies = list(self._label(transport, events, options, state))
        if len(replies) == 1:
            return replies[0]
        verdicts = tuple([verdict for reply in replies for verdict in reply.verdicts])
        state = {entity: text for reply in replies for entity, text in reply.state.items()}
        return Reply(replies[-1].model, verdicts, state)

    def identify(self) -> None:
        """Make sure that a sidecar of this interface version listens; sends neither events nor the token.

        Raises:
            WrongService: another program listens.
            SidecarRefused: a sidecar of another interface version.
            SidecarError: nothing answers.
        """
        with self._connection() as transport:
            self._identify(transport)

    @contextmanager
    def _connection(self, on_its_way: Optional[Callable[[], None]] = None) -> Iterator[Transport]:
        with self._lock:
            transport = self._idle.pop() if self._idle else Transport(self._url, self._settings.ca_file)
        transport.on_its_way = on_its_way
        try:
            yield transport
        finally:
            transport.on_its_way = None
            with self._lock:
                self._idle.append(transport)

    def _identify(self, transport: Transport) -> None:
        try:
            answer = transport.send("GET", "/health/live", seconds=min(IDENTITY_SECONDS, self._settings.timeout))
        except SidecarTimeout as error:
            raise _Silent(error.message) from error
        data = json_object(answer)
        if data.get("service") != SERVICE:
            if isinstance(data.get("error"), Mapping):
                raise refusal(answer, transport.address)
            raise WrongService(f"what listens at {transport.address} is not a LogLM sidecar")
        if data.get("api") != API_VERSION:
            raise SidecarRefused(
                f"the sidecar speaks interface {str(data.get('api'))[:20]}, this app speaks {API_VERSION}",
                hint=VersionMismatch.hint,
            )
        transport.trusted = True

    def _label(
        self, transport: Transport, events: Sequence[bytes], options: Options, state: Optional[Mapping[str, str]]
    ) -> Iterator[Reply]:
        body = join_request(events, options, state)
        if len(body) <= self._settings.batch_bytes or len(events) <= 1:
            try:
                yield self._ask(transport, body, lambda answer: read_reply(answer, len(events)))
                return
            except TooBig:
                if len(events) <= 1:
                    raise
        half = len(events) // 2
        for part in (events[:half], events[half:]):
            for reply in self._label(transport, part, options, state):
                state = None if state is None else {**state, **reply.state}
                yield reply

    def _ask(self, transport: Transport, body: bytes, read: Callable[[bytes], Reply]) -> Reply:
        """Send one request until it is answered, its tries are used up or the circuit opens."""
        with self._lock:
            self._breaker.check()
        failures = 0
        while True:
            started = self._clock()
            outcome = self._attempt(transport, body, read)
            self.proven = isinstance(outcome, Reply) and self._clock() - started < _PROMPT * self._settings.timeout
            if isinstance(outcome, Reply):
                with self._lock:
                    self._breaker.success()
                return outcome
            if isinstance(outcome, TooBig):
                raise outcome
            if isinstance(outcome, BusyError):
                self._wait(outcome)
            else:
                failures += 1
                self._give_up_or_pause(transport, outcome, failures)

    def _attempt(self, transport: Transport, body: bytes, read: Callable[[bytes], Reply]) -> Union[Reply, SidecarError]:
        try:
            transport.check()
            if not transport.trusted:
                self._identify(transport)
            answer = transport.send("POST", "/v1/label", seconds=self._settings.timeout, token=self._token, body=body)
            if answer.status != 200:
                return refusal(answer, transport.address)
            return read(answer.body)
        except SidecarError as error:
            return bare(error)

    def _give_up_or_pause(self, transport: Transport, error: SidecarError, failures: int) -> None:
        # who answers next on this address may be another program
        transport.renew()
        last = failures >= _TRIES.get(type(error), 1)
        with self._lock:
            self._breaker.failure(error, lasting=last and isinstance(error, (WrongService, Lasting)))
        if last or self.open:
            raise error
        self._sleep(_PAUSE_SECONDS * failures)

    def _wait(self, busy: BusyError) -> None:
        with self._lock:
            left = self._patience[busy.reason]
            pause = min(busy.seconds, left)
            self._patience[busy.reason] = left - pause
            if left <= 0:
                self._breaker.failure(busy.error)
        if left <= 0:
            raise busy.error
        self._sleep(pause)


def bare(error: SidecarError) -> SidecarError:
    """Return the error without its traceback and causes, whose frames hold the request."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)


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
