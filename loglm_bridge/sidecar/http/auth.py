"""Access control, decided from a request's head before a byte of its body is read.

Host and Origin are checked first: after DNS rebinding a browser sends the attacker's host name, and CORS does not
prevent the request. The token comes next, then the headers of the body. Listening on loopback alone protects nothing.
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
from loglm_bridge.sidecar.http.responses import error_response
from loglm_bridge.sidecar.logs import details
from loglm_bridge.sidecar.metrics import Metrics

#: Paths that need no token, so that a client can identify the service before it sends the token.
OPEN_PATHS = frozenset({"/health/live", "/health/ready"})

#: Paths that are named in the log; any other path is untrusted text.
_LOGGED_PATHS = OPEN_PATHS | {"/v1/label", "/v1/embed", "/v1/inspect", "/v1/model", "/metrics"}

_DEFAULT_PORTS = {"http": 80, "https": 443}

_Headers = dict[bytes, list[bytes]]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class AllowedHosts:
    """The values of `Host` and `Origin` that name this sidecar."""

    hosts: frozenset[str]
    origins: frozenset[str]

    @classmethod
    def of(cls, names: Iterable[str], port: int, scheme: str) -> AllowedHosts:
        """Return the allowed values for host names. A name may have its own port; IPv6 addresses need brackets then."""
        hosts = set()
        for name in names:
            host, colon, own_port = name.rpartition(":")
            if colon and own_port.isdigit() and (":" not in host or host.endswith("]")):
                hosts.add(name)
            else:
                hosts |= _with_port(name if ":" not in name or name.startswith("[") else f"[{name}]", port, scheme)
        return cls(frozenset(hosts), frozenset(f"{scheme}://{host}" for host in hosts))


def _with_port(host: str, port: int, scheme: str) -> set[str]:
    return {f"{host}:{port}", host} if port == _DEFAULT_PORTS[scheme] else {f"{host}:{port}"}


class AuthMiddleware:
    """The outermost ASGI application: refuses unauthorised requests and counts the outcome of every request."""

    def __init__(self, app: ASGIApp, allowed: AllowedHosts, token: str, metrics: Metrics) -> None:
        self._app, self._allowed, self._metrics = app, allowed, metrics
        self._token = token.encode("ascii")
        self.in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        started, status = time.monotonic(), 0
        scope["state"]["outcome"] = "ok"
        self._metrics.requests_received.add()
        self.in_flight += 1

        async def send_noting_status(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            try:
                self._check(scope)
            except LogLMError as error:
                scope["state"]["outcome"] = error.code
                await error_response(error)(scope, receive, send_noting_status)
            else:
                await self._app(scope, receive, send_noting_status)
        except Exception:  # noqa: BLE001 (starlette has answered it and `on_unexpected_error` has logged it)
            scope["state"]["outcome"] = LogLMError.code
        except BaseException:
            scope["state"]["outcome"] = "gone"  # cancelled: the time to drain is over
            raise
        finally:
            self._finish(scope, status, time.monotonic() - started)

    def _finish(self, scope: Scope, status: int, seconds: float) -> None:
        self.in_flight -= 1
        outcome = scope["state"]["outcome"]
        self._metrics.requests.add(outcome)
        entry = {
            "path": scope["path"] if scope["path"] in _LOGGED_PATHS else "other",
            "outcome": outcome,
            "status": status,
            "client": (scope.get("client") or ("",))[0],
            "ms": round(seconds * 1e3, 1),
        }
        log.log(logging.DEBUG if outcome == "ok" else logging.INFO, "request", extra=details(**entry))

    def _check(self, scope: Scope) -> None:
        headers: _Headers = {}
        for key, value in scope["headers"]:
            headers.setdefault(key, []).append(value)
        self._check_names(headers.get(b"host", []), headers.get(b"origin", []))
        if scope["path"] not in OPEN_PATHS:
            self._check_token(headers.get(b"authorization", []))
            scope["state"]["authorised"] = True
        _check_body_headers(scope["method"], headers)

    def _check_names(self, hosts: list[bytes], origins: list[bytes]) -> None:
        if len(hosts) != 1 or hosts[0].decode("latin-1").lower() not in self._allowed.hosts:
            raise ForbiddenHost("the Host header does not name this sidecar")
        # browsers send an origin with every request that changes state; a sandboxed page sends "null"
        if any(origin.decode("latin-1").lower() not in self._allowed.origins for origin in origins):
            raise ForbiddenHost("requests from web pages are refused")

    def _check_token(self, values: list[bytes]) -> None:
        scheme, _, token = (values[0] if len(values) == 1 else b"").partition(b" ")
        if scheme.lower() != b"bearer" or not hmac.compare_digest(token.strip(), self._token):
            raise Unauthorized("the bearer token is absent or wrong")


def _check_body_headers(method: str, headers: _Headers) -> None:
    if b"transfer-encoding" in headers:
        raise LengthRequired("chunked bodies are refused")
    lengths = headers.get(b"content-length", [])
    if not lengths and method in ("POST", "PUT", "PATCH"):
        raise LengthRequired("a body needs a Content-Length")
    # the HTTP parser has refused values that are no number, and repeated lengths that differ
    if lengths and int(lengths[0]) > MAX_BODY_BYTES:
        raise TooLarge(f"the body is larger than {MAX_BODY_BYTES} bytes")
