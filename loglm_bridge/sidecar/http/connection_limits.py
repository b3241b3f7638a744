"""Limits of a connection that uvicorn does not set: the time for head, body and answer, and how many may be open.

One sweep per second over at most a few hundred connections decides everything; no connection has a timer of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from loglm_bridge.contract.errors import InvalidRequest, LogLMError, Overloaded
from loglm_bridge.sidecar.http.responses import RETRY_AFTER, error_response
from loglm_bridge.sidecar.logs import Throttle, details
from loglm_bridge.sidecar.metrics import Metrics

#: Maximum seconds from the first byte of a connection or request to the end of its head.
HEAD_SECONDS = 5.0

#: Maximum seconds between two parts of a body, and for all of it (16 MiB at 5 Mbit/s).
BODY_PAUSE_SECONDS, BODY_SECONDS = 5.0, 30.0

#: Maximum seconds in which a client reads nothing of its answer.
ANSWER_PAUSE_SECONDS = 10.0

#: Seconds that an idle connection stays open: a search pauses while splunkd prepares its next chunk.
KEEP_ALIVE_SECONDS = 60

_SWEEP_SECONDS = 1.0

#: Connections that strangers may have at a time, at least, and as a share (one in so many) of all.
_MIN_STRANGERS, _SHARE_OF_STRANGERS = 4, 4

log = logging.getLogger(__name__)


class ConnectionLimiter:
    """Counts the connections of one sidecar and closes those that exceed a limit.

    A part of the limit is for strangers: connections that have not sent the token yet. They replace each other, so that
    who does not know the token closes no connection of a search. TLS handshakes have a limit of their own.
    """

    def __init__(self, max_connections: int, metrics: Metrics) -> None:
        self._max_connections, self._metrics, self._stopped = max_connections, metrics, False
        self._max_strangers = max(_MIN_STRANGERS, max_connections // _SHARE_OF_STRANGERS)
        self._handshakes = 0
        self._throttle = Throttle()

    def stop_accepting(self) -> None:
        """Close every further connection at once: one accepted during a stop could keep the sidecar from stopping."""
        self._stopped = True

    def accept(self, new: Connection, all_open: Iterable[Any]) -> None:
        """Admit a connection; at the limit it replaces the oldest stranger without a request, or is refused."""
        self._metrics.connections.add()
        if self._stopped:
            self._metrics.closed.add("refused")
            new.shutdown()
            return
        others = _open_ones(all_open, new)
        strangers = [c for c in others if not c.authorised]
        if len(others) < self._max_connections and len(strangers) < self._max_strangers:
            return
        waiting = [c for c in strangers if c.waits_for_request]
        if waiting:
            self.close(min(waiting, key=Connection.eviction_key), "evicted")
        elif len(others) >= self._max_connections:
            self._metrics.closed.add("refused")
            self._log("refused", new)
            new.refuse(Overloaded("too many connections"), HTTPStatus.SERVICE_UNAVAILABLE)

    def authorise(self, connection: Connection, all_open: Iterable[Any]) -> None:
        """Take a connection that has sent the token; beyond the limit it replaces the one of these idle for longest."""
        others = [c for c in _open_ones(all_open, connection) if c.authorised]
        idle = [c for c in others if c.idle]
        if len(others) >= self._max_connections - self._max_strangers and idle:
            self.close(min(idle, key=Connection.eviction_key), "evicted")

    @contextlib.contextmanager
    def handshake(self) -> Iterator[bool]:
        """Count a TLS handshake; yields whether there may be one more."""
        if self._handshakes >= self._max_connections:
            self._metrics.connections.add()
            self._metrics.closed.add("refused")
            self._log("refused", None)
            yield False
            return
        self._handshakes += 1
        try:
            yield True
        finally:
            self._handshakes -= 1

    def close(self, connection: Connection, reason: str) -> None:
        """Close a connection at once."""
        self._metrics.closed.add(reason)
        self._log(reason, connection)
        connection.transport.abort()

    def _log(self, reason: str, connection: Connection | None) -> None:
        suppressed = self._throttle.suppressed(reason)
        if suppressed is not None:
            client = str(connection.client[0]) if connection and connection.client else ""
            log.info("connection closed", extra=details(reason=reason, client=client, more_before=suppressed))

    def count_malformed(self) -> None:
        """Count a connection that is closed because its client does not speak HTTP."""
        self._metrics.closed.add("malformed")

    async def sweep(self, all_open: set[Any]) -> None:
        """Close connections that exceed a time limit, once a second, for ever."""
        due = time.monotonic() + _SWEEP_SECONDS
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            now = time.monotonic()
            # after the event loop stood still, data that clients sent meanwhile is not read yet
            if now < due + _SWEEP_SECONDS:
                for connection in list(all_open):
                    reason = connection.timeout_reason(now) if isinstance(connection, Connection) else ""
                    if reason:
                        self.close(connection, reason)
            due = now + _SWEEP_SECONDS


def _open_ones(all_open: Iterable[Any], new: Connection) -> list[Connection]:
    """Return the connections that are open, but for a new one."""
    return [c for c in all_open if isinstance(c, Connection) and c is not new and not c.transport.is_closing()]


class Connection(H11Protocol):
    """uvicorn's connection with timestamps. `limiter` is set on a subclass per sidecar.

    `authorised`: a request with the token was answered. `_phase_started` is when the connection, request or idle phase
    began; `_last_received` and `_last_sent` are the last progress in each direction; `_head_begun` tells that bytes of
    a next head have arrived.
    """

    limiter: ConnectionLimiter

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Accept the connection."""
        super().connection_made(transport)
        self._phase_started = self._last_received = self._last_sent = time.monotonic()
        self._head_begun, self._requests, self._unsent = False, 0, 0
        self.authorised = self._half_closed = False
        self.limiter.accept(self, self.connections)

    def data_received(self, data: bytes) -> None:
        """Read bytes."""
        self._last_received = time.monotonic()
        if self._between_requests and not self._head_begun:
            self._head_begun, self._phase_started = True, self._last_received
        previous = self.cycle
        super().data_received(data)
        if self.cycle is not previous:
            self._head_begun, self._phase_started = False, self._last_received
            self._requests += 1

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        self._phase_started, self._head_begun = time.monotonic(), False
        if not self.authorised and self.scope["state"].get("authorised"):
            self.authorised = True
            self.limiter.authorise(self, self.connections)
        super().on_response_complete()
        if self._half_closed and self._between_requests:
            self.transport.close()

    def eof_received(self) -> bool:  # type: ignore[override]  # as asyncio's
        """Answer a request that is complete although its client will send no other; TLS knows no such half."""
        self._half_closed = not self._between_requests and not self.cycle.more_body and self.scheme == "http"
        return self._half_closed

    def send_400_response(self, msg: str) -> None:
        """Refuse data that is not HTTP with an error in the form of all others."""
        self.limiter.count_malformed()
        self.refuse(InvalidRequest(f"not an HTTP request: {msg}"), HTTPStatus.BAD_REQUEST)

    def refuse(self, error: LogLMError, status: HTTPStatus) -> None:
        """Answer with an error and close; bypasses the parser, whose state may not allow an answer any more."""
        if self.cycle is None or self.cycle.response_complete:
            body = bytes(error_response(error).body)
            head = (
                f"HTTP/1.1 {status} {status.phrase}",
                "content-type: application/json",
                f"content-length: {len(body)}",
                f"retry-after: {RETRY_AFTER}",
                "connection: close",
            )
            self.transport.write("\r\n".join((*head, "", "")).encode("ascii") + body)
        self.transport.close()

    @property
    def idle(self) -> bool:
        """Whether no request is running, arriving or being answered, so that closing loses nothing."""
        return self._between_requests and not self._head_begun and not self.transport.get_write_buffer_size()

    @property
    def waits_for_request(self) -> bool:
        """Whether no request is running or being answered; the head of one may be arriving."""
        return self._between_requests and not self.transport.get_write_buffer_size()

    def eviction_key(self) -> tuple[bool, float]:
        """Return the sort key of eviction: connections without a request first, then the longest silent."""
        return (self._requests > 0, self._last_received)

    def timeout_reason(self, now: float) -> str:
        """Return the time limit that this connection exceeds, empty where it may stay."""
        unsent = self.transport.get_write_buffer_size()
        if unsent != self._unsent:
            self._unsent, self._last_sent = unsent, now
        if unsent:
            return "slow_reader" if now - self._last_sent > ANSWER_PAUSE_SECONDS else ""
        if self._between_requests:
            # begun: an endless head, or the rest of a refused body. Idling after an answer is uvicorn's timer
            waiting = self._head_begun or not self._requests
            return "slow_head" if waiting and now - self._phase_started > HEAD_SECONDS else ""
        paused = now - self._last_received > BODY_PAUSE_SECONDS
        too_long = now - self._phase_started > BODY_SECONDS
        return "slow_body" if self.cycle.more_body and (paused or too_long) else ""

    @property
    def _between_requests(self) -> bool:
        return self.cycle is None or self.cycle.response_complete


def connection_class(limiter: ConnectionLimiter) -> type[Connection]:
    """Return the protocol class of one sidecar."""
    return type("LimitedConnection", (Connection,), {"limiter": limiter})
