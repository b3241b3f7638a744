"""HTTP to one sidecar: one keep-alive connection, every call bounded in time and size, failures as SidecarErrors.

Uses the standard library's client. It follows no redirect and ignores proxies and netrc, so events and the token go to
the configured address only. Importing it and sending a request take a fifth of the time of `requests`.
"""

from __future__ import annotations

import http.client
import os
import select
import socket
import ssl
import time
from pathlib import Path
from typing import Callable, NamedTuple, Optional
from urllib.parse import urlsplit

from loglm_bridge import __version__
from loglm_bridge.contract.errors import BadReply, SidecarError, SidecarTimeout, SidecarUnavailable, WrongService
from loglm_bridge.splunk.client.deadline import shut_down, within
from loglm_bridge.splunk.config.authorities import public_authorities

#: Maximum bytes of a response; an embedding of 1,024 numbers for each of 2,048 events fits.
MAX_REPLY_BYTES = 64 * 1024 * 1024

#: Maximum seconds to connect; a sidecar is nearby.
_CONNECT_SECONDS = 3.0

#: Seconds by which the limit on the whole call exceeds the socket's own timeout, which ends a call more cleanly.
_GRACE_SECONDS = 0.25

#: Bytes that are read at a time of a response without a length.
_CHUNK_BYTES = 65_536

_CA_HINT = "check the sidecar's certificate and `ca_file` in loglm.conf"


class Unreachable(SidecarUnavailable):
    """No connection: nothing listens, or a firewall is in the way."""


class ConnectionLost(SidecarUnavailable):
    """The connection ended before the response did."""


class HttpResponse(NamedTuple):
    """An HTTP response. `retry_after` is in seconds, None where the header is absent or not a number."""

    status: int
    body: bytes
    retry_after: Optional[float]


class Transport:
    """Sends requests to the sidecar at `url`, whose certificate the authorities in `ca_file` sign (None: public ones).

    The caller sets `identified` once the other side of this connection has identified itself as a sidecar. A request
    with a token is sent over such a connection only. `on_sent` is called when a request with a body was sent.

    Raises SidecarUnavailable where `ca_file` is given and cannot be read.
    """

    def __init__(self, url: str, ca_file: Optional[Path] = None) -> None:
        if ca_file and not os.access(ca_file, os.R_OK):
            raise SidecarUnavailable("ca_file cannot be read", where=str(ca_file), hint=_CA_HINT)
        self._url = urlsplit(url)
        self._ca_file = ca_file
        self._tls: Optional[ssl.SSLContext] = None
        self._connection: Optional[http.client.HTTPConnection] = None
        self.identified = False
        self.on_sent: Optional[Callable[[], None]] = None

    @property
    def address(self) -> str:
        """Host and port (host alone where the port is the scheme's own), as messages name the sidecar."""
        return self._url.netloc

    def send(
        self, method: str, path: str, *, seconds: float, token: str = "", body: Optional[bytes] = None
    ) -> HttpResponse:
        """Send one request and return its response, whatever its status, within `seconds`.

        Raises:
            Unreachable, ConnectionLost, SidecarTimeout: no response, or only a part of it; with a token also where the
                connection is not `identified`.
            WrongService: the other side does not speak HTTP.
            BadReply: the response is larger than MAX_REPLY_BYTES.
        """
        started = time.monotonic()
        try:
            self.check()
            if token and not self.identified:
                raise self._connection_lost()
            connection = self._connection = self._connection or self._new_connection()
            headers = {"User-Agent": f"loglm-bridge/{__version__}"}
            headers.update({"Authorization": f"Bearer {token}"} if token else {})
            headers.update({"Content-Type": "application/json"} if body is not None else {})

            def call() -> HttpResponse:
                self._connect(connection, seconds)
                connection.request(method, self._url.path + path, body, headers)
                if body is not None and self.on_sent:
                    self.on_sent()
                with connection.getresponse() as response:
                    return self._read(response)

            return within(seconds + _GRACE_SECONDS, call)
        except SidecarError:
            self.reset()
            raise
        except (OSError, http.client.HTTPException) as error:
            self.reset()
            raise self._error_of(error, time.monotonic() - started, seconds) from error

    def check(self) -> None:
        """Drop the connection if the other side has closed it."""
        sock = self._connection.sock if self._connection else None
        if sock is None or _closed_by_peer(sock):
            self.reset()

    def reset(self) -> None:
        """Drop the connection; the next request opens a new one."""
        self.identified = False
        if self._connection is not None:
            shut_down(self._connection)
        self._connection = None

    def close(self) -> None:
        """Close the connection."""
        self.reset()

    def _new_connection(self) -> http.client.HTTPConnection:
        host, port = self._url.hostname or "", self._url.port
        if self._url.scheme == "http":
            connection = http.client.HTTPConnection(host, port)
        else:
            connection = http.client.HTTPSConnection(host, port, context=self._tls_context())
        # only `_connect` opens connections, never a call that overran its time limit and was abandoned
        connection.auto_open = 0
        return connection

    def _tls_context(self) -> ssl.SSLContext:
        if self._tls is None:
            try:
                self._tls = ssl.create_default_context(cafile=str(self._ca_file or public_authorities()))
            except OSError as error:
                raise self._tls_error() from error
        return self._tls

    def _connect(self, connection: http.client.HTTPConnection, seconds: float) -> None:
        """Open the connection, unless it is still open."""
        if connection.sock is None:
            connection.timeout = min(seconds, _CONNECT_SECONDS)
            try:
                connection.connect()
            except ssl.SSLError as error:
                raise self._tls_error() from error
            except (OSError, UnicodeError) as error:  # UnicodeError: an invalid host name
                raise Unreachable(f"sidecar not reachable at {self.address}") from error
        connection.sock.settimeout(seconds)

    def _read(self, response: http.client.HTTPResponse) -> HttpResponse:
        parts, size = [], response.length or 0
        if response.length is not None and size <= MAX_REPLY_BYTES:
            parts.append(response.read())
        else:
            while size <= MAX_REPLY_BYTES:
                parts.append(response.read(_CHUNK_BYTES))
                size += len(parts[-1])
                if not parts[-1]:
                    break
        if size > MAX_REPLY_BYTES:
            raise BadReply(f"the response of {self.address} is larger than {MAX_REPLY_BYTES:,} bytes")
        return HttpResponse(response.status, b"".join(parts), _retry_after(response.headers.get("Retry-After")))

    def _connection_lost(self) -> ConnectionLost:
        return ConnectionLost(f"sidecar at {self.address} closed the connection")

    def _tls_error(self) -> SidecarUnavailable:
        return SidecarUnavailable(f"no trusted TLS connection to the sidecar at {self.address}", hint=_CA_HINT)

    def _error_of(self, error: Exception, elapsed: float, seconds: float) -> SidecarError:
        """Return the error of a call that failed after the connection was open."""
        # a body that stalls can look like one that was cut off; the elapsed time tells them apart
        if isinstance(error, (TimeoutError, socket.timeout)) or elapsed >= seconds:
            return SidecarTimeout(f"no answer from the sidecar at {self.address} within {seconds:g} s")
        if isinstance(error, (OSError, http.client.IncompleteRead)):
            return self._connection_lost()
        return WrongService(f"the program at {self.address} is not a LogLM sidecar")


def _closed_by_peer(sock: socket.socket) -> bool:
    """Return whether the other side has closed an idle connection: then its end can be read."""
    try:
        return bool(select.select([sock], [], [], 0)[0])
    except (OSError, ValueError):
        return True


def _retry_after(text: Optional[str]) -> Optional[float]:
    """Return a Retry-After header in seconds, None where it is absent or a date."""
    return float(text) if text and text.isascii() and text.isdigit() and len(text) < 6 else None
