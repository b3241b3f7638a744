"""Bounds of a connection, which uvicorn leaves open: how long a head, a body and an answer may take, and how many
connections there may be (RELIABILITY.md, fault 15).

Everything is decided by one sweep a second over at most some hundred connections; no timer is kept per connection.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from loglm_bridge.contract.errors import InvalidRequest, LogLMError, Overloaded
from loglm_bridge.sidecar.http.responses import RETRY_AFTER, error_answer
from loglm_bridge.sidecar.logs import details
from loglm_bridge.sidecar.metrics import Metrics

#: Seconds from a connection's or request's first byte to the end of its head.
HEAD_SECONDS = 5.0

#: Seconds that a body may pause, and that all of it may take (16 MiB at 5 Mbit/s).
BODY_PAUSE_SECONDS, BODY_SECONDS = 5.0, 30.0

#: Seconds that an answer may wait for its client to read on.
ANSWER_PAUSE_SECONDS = 10.0

#: Seconds that a connection is kept between two requests: a search pauses while splunkd prepares its next chunk.
KEEP_ALIVE_SECONDS = 60

_SWEEP_SECONDS = 1.0

log = logging.getLogger(__name__)


class ConnectionLimiter:
    """Counts the connections of one sidecar and closes those that outstay."""

    def __init__(self, limit: int, metrics: Metrics) -> None:
        self._limit, self._metrics, self._shut = limit, metrics, False

    def shut(self) -> None:
        """Let nobody in any more: who was accepted in the moment of a stop would hold it up, asking again and again."""
        self._shut = True

    def enter(self, new: Connection, all_open: Iterable[Any]) -> None:
        """Take in a connection; beyond the limit, the longest idle one makes room for it, or it is refused."""
        self._metrics.connections.add()
        if self._shut:
            self._metrics.closed.add("refused")
            new.shutdown()
            return
        others = [c for c in all_open if isinstance(c, Connection) and c is not new and not c.transport.is_closing()]
        if len(others) < self._limit:
            return
        idle = [c for c in others if c.idle]
        if idle:
            self.close(min(idle, key=Connection.worth), "evicted")
        else:
            self._metrics.closed.add("refused")
            new.refuse(Overloaded("too many connections"), HTTPStatus.SERVICE_UNAVAILABLE)

    def close(self, connection: Connection, reason: str) -> None:
        """End a connection at once."""
        self._metrics.closed.add(reason)
        log.info("connection closed", extra=details(reason=reason, client=(connection.client or [""])[0]))
        connection.transport.abort()

    def malformed(self) -> None:
        """Count a connection that is closed because what came is not HTTP."""
        self._metrics.closed.add("malformed")

    async def sweep(self, all_open: set[Any]) -> None:
        """Close what outstays, once a second, for ever."""
        due = time.monotonic() + _SWEEP_SECONDS
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            now = time.monotonic()
            # after a standstill of our own, what clients sent meanwhile is not read yet
            if now < due + _SWEEP_SECONDS:
                for connection in list(all_open):
                    reason = connection.outstays(now) if isinstance(connection, Connection) else ""
                    if reason:
                        self.close(connection, reason)
            due = now + _SWEEP_SECONDS


class Connection(H11Protocol):
    """uvicorn's connection with a memory of when things began. `gate` is set on a subclass per sidecar."""

    gate: ConnectionLimiter

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Take in a connection."""
        super().connection_made(transport)
        self._since = self._heard = self._progress = time.monotonic()
        self._begun, self._requests, self._unsent = False, 0, 0
        self.gate.enter(self, self.connections)

    def data_received(self, data: bytes) -> None:
        """Take in bytes."""
        self._heard = time.monotonic()
        if self._between_requests and not self._begun:
            self._begun, self._since = True, self._heard
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._begun, self._since = False, self._heard
            self._requests += 1

    def on_response_complete(self) -> None:
        """Start to wait for the next request."""
        self._since, self._begun = time.monotonic(), False
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP in the form that all errors have."""
        self.gate.malformed()
        self.refuse(InvalidRequest(f"not an HTTP request: {msg}"), HTTPStatus.BAD_REQUEST)

    def refuse(self, error: LogLMError, status: HTTPStatus) -> None:
        """Answer with an error and close, past the parser, whose state may not allow an answer any more."""
        if self.cycle is None or self.cycle.response_complete:
            body = bytes(error_answer(error).body)
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
        """Whether nothing is lost with this connection: no request is running or arriving."""
        return self._between_requests and not self._begun and not self.transport.get_write_buffer_size()

    def worth(self) -> tuple[bool, float]:
        """What to keep rather: a connection that has asked something, and lately."""
        return (self._requests > 0, self._heard)

    def outstays(self, now: float) -> str:
        """Return why this connection must go, empty where it may stay."""
        unsent = self.transport.get_write_buffer_size()
        if unsent != self._unsent:
            self._unsent, self._progress = unsent, now
        if unsent:
            return "slow_reader" if now - self._progress > ANSWER_PAUSE_SECONDS else ""
        if self._between_requests:
            # begun: a head that does not end, or the rest of a body that was refused; later idling is uvicorn's timer
            waiting = self._begun or not self._requests
            return "slow_head" if waiting and now - self._since > HEAD_SECONDS else ""
        paused, lasts = now - self._heard > BODY_PAUSE_SECONDS, now - self._since > BODY_SECONDS
        return "slow_body" if self.cycle.more_body and (paused or lasts) else ""

    @property
    def _between_requests(self) -> bool:
        return self.cycle is None or self.cycle.response_complete


def connections(gate: ConnectionLimiter) -> type[Connection]:
    """Return the protocol class of one sidecar."""
    return type("GatedConnection", (Connection,), {"gate": gate})
