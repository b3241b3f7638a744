"""Who may ask: decided from a request's head, before a byte of its body is read.

Host and Origin first (RELIABILITY.md 1.9: after a DNS rebinding a browser sends the attacker's name, and CORS does not
help), then the token, then the form of the body. Loopback is no protection of its own.
"""

from __future__ import annotations

import hmac
import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from loglm_bridge.contract.errors import ForbiddenHost, LengthRequired, LogLMError, TooLarge, Unauthorized
from loglm_bridge.contract.limits import MAX_BODY_BYTES
from loglm_bridge.sidecar.http.responses import error_answer
from loglm_bridge.sidecar.logs import details
from loglm_bridge.sidecar.metrics import Metrics

#: What may be asked without the token, so that a client can make sure of the service before it shows the token.
OPEN_PATHS = frozenset({"/health/live", "/health/ready"})

#: Paths that are named in the log; of others, who knows what a client writes there.
_PATHS = OPEN_PATHS | {"/v1/label", "/v1/embed", "/v1/model", "/metrics"}

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class AllowedHosts:
    """The `host:port` by which this sidecar is called, and the origins that are itself."""

    hosts: frozenset[str]
    origins: frozenset[str]

    @classmethod
    def of(cls, names: Iterable[str], port: int, scheme: str) -> AllowedHosts:
        """Return the names' `Host` and `Origin` forms. A name may carry a port of its own; IPv6 stands in brackets."""
        hosts = set()
        for name in names:
            host, mark, own_port = name.rpartition(":")
            if mark and own_port.isdigit() and (":" not in host or host.endswith("]")):
                hosts.add(name)
            else:
                hosts |= _with_port(name if ":" not in name or name.startswith("[") else f"[{name}]", port, scheme)
        return cls(frozenset(hosts), frozenset(f"{scheme}://{host}" for host in hosts))


def _with_port(host: str, port: int, scheme: str) -> set[str]:
    usual = {"http": 80, "https": 443}[scheme]
    return {f"{host}:{port}", host} if port == usual else {f"{host}:{port}"}


class AuthMiddleware:
    """The outermost ASGI application: refuses what must not come in, counts how every request ends."""

    def __init__(self, app: ASGIApp, names: AllowedHosts, token: str, metrics: Metrics) -> None:
        self._app, self._names, self._metrics = app, names, metrics
        self._token = token.encode("ascii")
        self.in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        started, status = time.monotonic(), 0
        scope["state"]["outcome"] = "ok"
        self._metrics.requests_received.add()
        self.in_flight += 1

        async def note(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            try:
                self._check(scope)
            except LogLMError as error:
                scope["state"]["outcome"] = error.code
                await error_answer(error)(scope, receive, note)
            else:
                await self._app(scope, receive, note)
        except Exception:  # noqa: BLE001 (starlette has answered and `on_unexpected` logged it; it only passes by here)
            scope["state"]["outcome"] = LogLMError.code
        except BaseException:
            scope["state"]["outcome"] = "gone"  # cancelled: the drain's time is over
            raise
        finally:
            self._finish(scope, status, time.monotonic() - started)

    def _finish(self, scope: Scope, status: int, seconds: float) -> None:
        self.in_flight -= 1
        outcome = scope["state"]["outcome"]
        self._metrics.requests.add(outcome)
        shown = {
            "path": scope["path"] if scope["path"] in _PATHS else "other",
            "outcome": outcome,
            "status": status,
            "client": (scope.get("client") or ("",))[0],
            "ms": round(seconds * 1e3, 1),
        }
        log.log(logging.DEBUG if outcome == "ok" else logging.INFO, "request", extra=details(**shown))

    def _check(self, scope: Scope) -> None:
        heads: dict[bytes, list[bytes]] = {}
        for key, value in scope["headers"]:
            heads.setdefault(key, []).append(value)
        self._check_names(heads.get(b"host", []), heads.get(b"origin", []))
        if scope["path"] not in OPEN_PATHS:
            self._check_token(heads.get(b"authorization", []))
        _check_body(scope["method"], heads)

    def _check_names(self, hosts: list[bytes], origins: list[bytes]) -> None:
        if len(hosts) != 1 or hosts[0].decode("latin-1").lower() not in self._names.hosts:
            raise ForbiddenHost("the Host header does not name this sidecar")
        # browsers send an origin with every request that can do harm; "null" is that of a sandboxed page
        if any(origin.decode("latin-1").lower() not in self._names.origins for origin in origins):
            raise ForbiddenHost("requests from web pages are refused")

    def _check_token(self, values: list[bytes]) -> None:
        scheme, _, token = (values[0] if len(values) == 1 else b"").partition(b" ")
        if scheme.lower() != b"bearer" or not hmac.compare_digest(token.strip(), self._token):
            raise Unauthorized("the bearer token is absent or wrong")


def _check_body(method: str, heads: dict[bytes, list[bytes]]) -> None:
    if b"transfer-encoding" in heads:
        raise LengthRequired("chunked bodies are refused")
    lengths = heads.get(b"content-length", [])
    if not lengths and method in ("POST", "PUT", "PATCH"):
        raise LengthRequired("a body needs a Content-Length")
    # the parser has refused what is no number, and repeated lengths that differ
    if lengths and int(lengths[0]) > MAX_BODY_BYTES:
        raise TooLarge(f"the body is larger than {MAX_BODY_BYTES} bytes")
