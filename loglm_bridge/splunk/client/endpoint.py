"""One sidecar: identity check, retries, waits and circuit breaker of the calls to it.

Neither an event nor the token is sent before the other side has identified itself as a sidecar.
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
from loglm_bridge.splunk.client.http_errors import (
    WAIT_BUDGET,
    BusyError,
    PermanentRefusal,
    RequestTooLarge,
    error_from_response,
    json_object,
)
from loglm_bridge.splunk.client.transport import ConnectionLost, Transport, Unreachable
from loglm_bridge.splunk.config.settings import Settings

#: Seconds within which a sidecar must identify itself; three attempts without an answer take less than five.
IDENTITY_SECONDS = 1.5

#: The share of `timeout` within which a reply is prompt; a sidecar that takes longer gets no concurrent requests.
_PROMPT_SHARE = 0.1

#: Seconds before the second attempt, multiplied by the number of failures before each further one.
_RETRY_PAUSE_SECONDS = 0.2


class Endpoint:
    """Calls the sidecar at `url`. Thread-safe: callers share its circuit breaker, and each has its own connection.

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
        self._wait_budget = dict(WAIT_BUDGET)
        self.responsive = False

    @property
    def circuit_open(self) -> bool:
        """Whether the circuit is open: calls failed, and none is made for now."""
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
        on_sent: Optional[Callable[[], None]] = None,
    ) -> Reply:
        """Return the reply to a request's `events` (contract/wire.py): verdicts in their order, and entity state.

        A request above this side's or the sidecar's limit is divided in halves until each fits. `Reply.model` is that
        of the last part. A prompt reply sets `responsive`, anything else clears it. `on_sent` is called when the
        request, or a part of it, was sent.

        Raises:
            SidecarError: no labels; the class says why.
        """
        with self._connection(on_sent) as transport:
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
            SidecarError: no answer.
        """
        with self._connection() as transport:
            self._identify(transport)

    @contextmanager
    def _connection(self, on_sent: Optional[Callable[[], None]] = None) -> Iterator[Transport]:
        with self._lock:
            transport = self._idle.pop() if self._idle else Transport(self._url, self._settings.ca_file)
        transport.on_sent = on_sent
        try:
            yield transport
        finally:
            transport.on_sent = None
            with self._lock:
                self._idle.append(transport)

    def _identify(self, transport: Transport) -> None:
        try:
            response = transport.send("GET", "/health/live", seconds=min(IDENTITY_SECONDS, self._settings.timeout))
        except SidecarTimeout as error:
            raise _IdentityTimeout(error.message) from error
        data = json_object(response)
        if data.get("service") != SERVICE:
            if isinstance(data.get("error"), Mapping):
                raise error_from_response(response, transport.address)
            raise WrongService(f"the program at {transport.address} is not a LogLM sidecar")
        if data.get("api") != API_VERSION:
            raise SidecarRefused(
                f"the sidecar speaks interface {str(data.get('api'))[:20]}, this app speaks {API_VERSION}",
                hint=VersionMismatch.hint,
            )
        transport.identified = True

    def _label(
        self, transport: Transport, events: Sequence[bytes], options: Options, state: Optional[Mapping[str, str]]
    ) -> Iterator[Reply]:
        body = join_request(events, options, state)
        if len(body) <= self._settings.batch_bytes or len(events) <= 1:
            try:
                yield self._call(transport, body, lambda reply: read_reply(reply, len(events)))
                return
            except RequestTooLarge:
                if len(events) <= 1:
                    raise
        half = len(events) // 2
        for part in (events[:half], events[half:]):
            for reply in self._label(transport, part, options, state):
                state = None if state is None else {**state, **reply.state}
                yield reply

    def _call(self, transport: Transport, body: bytes, read: Callable[[bytes], Reply]) -> Reply:
        """Send one request until it is answered, its attempts are used up or the circuit opens."""
        with self._lock:
            self._breaker.check()
        failures = 0
        while True:
            started = self._clock()
            outcome = self._attempt(transport, body, read)
            elapsed = self._clock() - started
            self.responsive = isinstance(outcome, Reply) and elapsed < _PROMPT_SHARE * self._settings.timeout
            if isinstance(outcome, Reply):
                with self._lock:
                    self._breaker.record_success()
                return outcome
            if isinstance(outcome, RequestTooLarge):
                raise outcome
            if isinstance(outcome, BusyError):
                self._wait(outcome)
            else:
                failures += 1
                self._fail_or_pause(transport, outcome, failures)

    def _attempt(self, transport: Transport, body: bytes, read: Callable[[bytes], Reply]) -> Union[Reply, SidecarError]:
        try:
            transport.check()
            if not transport.identified:
                self._identify(transport)
            response = transport.send("POST", "/v1/label", seconds=self._settings.timeout, token=self._token, body=body)
            if response.status != 200:
                return error_from_response(response, transport.address)
            return read(response.body)
        except SidecarError as error:
            return without_traceback(error)

    def _fail_or_pause(self, transport: Transport, error: SidecarError, failures: int) -> None:
        # the next program at this address may be another one
        transport.reset()
        is_last = failures >= _MAX_ATTEMPTS.get(type(error), 1)
        with self._lock:
            permanent = is_last and isinstance(error, (WrongService, PermanentRefusal))
            self._breaker.record_failure(error, permanent=permanent)
        if is_last or self.circuit_open:
            raise error
        self._sleep(_RETRY_PAUSE_SECONDS * failures)

    def _wait(self, busy: BusyError) -> None:
        with self._lock:
            remaining = self._wait_budget[busy.busy_code]
            pause = min(busy.seconds, remaining)
            self._wait_budget[busy.busy_code] = remaining - pause
            if remaining <= 0:
                self._breaker.record_failure(busy.error)
        if remaining <= 0:
            raise busy.error
        self._sleep(pause)


def without_traceback(error: SidecarError) -> SidecarError:
    """Return the error without its traceback and causes, whose frames keep the request alive."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)


class _IdentityTimeout(SidecarTimeout):
    """The sidecar did not identify itself in time; a machine under load needs longer for the first answer."""


#: Maximum attempts by error that a retry may overcome (labelling is idempotent); other errors are raised at once.
#: WrongService is among them, because a response cut off in its head can look like another program's.
_MAX_ATTEMPTS: Mapping[type[SidecarError], int] = {
    Unreachable: 3,
    _IdentityTimeout: 3,
    ConnectionLost: 2,
    BadReply: 2,
    WrongService: 2,
}
