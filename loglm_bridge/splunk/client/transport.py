"""HTTP to one sidecar: one kept-alive connection, every call bounded in time and size, failures as SidecarErrors.

By the standard library's client: it follows no redirect and knows neither proxies nor netrc, so events and the token go
to the configured address and nowhere else; importing it and sending a request take a fifth of what requests takes.
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
from loglm_bridge.splunk.client.deadline import within

#: Bytes of the longest answer that is read; an embedding of 1,024 numbers for each of 2,048 events fits.
MAX_REPLY_BYTES = 64 * 1024 * 1024

#: Seconds that a connection may take; a sidecar is near.
_CONNECT_SECONDS = 3.0

#: Seconds by which the bound on the whole call stands above the socket's own timeout, which closes more tidily.
_GRACE_SECONDS = 0.25

#: Bytes that are read at a time of an answer that does not tell its length.
_PART = 65_536

_CA_HINT = "check the sidecar's certificate and `ca_file` in loglm.conf"


class Unreachable(SidecarUnavailable):
    """No connection: nothing listens, or the way to it is closed."""


class ConnectionLost(SidecarUnavailable):
    """The connection ended before the answer did."""


class Answer(NamedTuple):
    """An HTTP answer. `retry_after` is in seconds, None where the header is absent or not a number."""

    status: int
    body: bytes
    retry_after: Optional[float]


class Transport:
    """Sends requests to the sidecar at `url`, whose certificate the authorities in `ca_file` sign (None: public ones).

    `trusted` is for the caller to set: the other side of this connection has shown who it is. A request with a token
    goes over such a connection or not at all. `on_its_way` is called when a request with a body was sent.

    Raises SidecarUnavailable where `ca_file` is given and cannot be read.
    """

    def __init__(self, url: str, ca_file: Optional[Path] = None) -> None:
        if ca_file and not os.access(ca_file, os.R_OK):
            raise SidecarUnavailable("ca_file cannot be read", where=str(ca_file), hint=_CA_HINT)
        self._url = urlsplit(url)
        self._ca_file = ca_file
        self._trust: Optional[ssl.SSLContext] = None
        self._connection: Optional[http.client.HTTPConnection] = None
        self.trusted = False
        self.on_its_way: Optional[Callable[[], None]] = None

    @property
    def address(self) -> str:
        """Host and port (host alone where the port is the scheme's own), as messages name the sidecar."""
        return self._url.netloc

    def send(self, method: str, path: str, *, seconds: float, token: str = "", body: Optional[bytes] = None) -> Answer:
        """Send one request and read its answer, whatever its status, within `seconds`.

        Raises:
            Unreachable, ConnectionLost, SidecarTimeout: no answer, or not all of it; with a token also no connection
                that is `trusted`.
            WrongService: what listens does not speak HTTP.
            BadReply: the answer is larger than MAX_REPLY_BYTES.
        """
        started = time.monotonic()
        try:
            self.check()
            if token and not self.trusted:
                raise self._lost()
            connection = self._connection = self._connection or self._new()
            headers = {"User-Agent": f"loglm-bridge/{__version__}"}
            headers.update({"Authorization": f"Bearer {token}"} if token else {})
            headers.update({"Content-Type": "application/json"} if body is not None else {})

            def call() -> Answer:
                self._ready(connection, seconds)
                connection.request(method, self._url.path + path, body, headers)
                if body is not None and self.on_its_way:
                    self.on_its_way()
                with connection.getresponse() as response:
                    return self._answer(response)

            return within(seconds + _GRACE_SECONDS, call)
        except SidecarError:
            self.renew()
            raise
        except (OSError, http.client.HTTPException) as error:
            self.renew()
            raise self._failure(error, time.monotonic() - started, seconds) from error

    def check(self) -> None:
        """Drop the connection if the other side has closed it."""
        sock = self._connection.sock if self._connection else None
        if sock is None or _dropped(sock):
            self.renew()

    def renew(self) -> None:
        """Drop the connection; the next request opens a new one."""
        self.trusted = False
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def close(self) -> None:
        """Close the connection."""
        self.renew()

    def _new(self) -> http.client.HTTPConnection:
        host, port = self._url.hostname or "", self._url.port
        if self._url.scheme == "http":
            connection = http.client.HTTPConnection(host, port)
        else:
            connection = http.client.HTTPSConnection(host, port, context=self._trusted())
        # connections are made in `_ready` only, never by a call that overran and was left behind
        connection.auto_open = 0
        return connection

    def _trusted(self) -> ssl.SSLContext:
        if self._trust is None:
            try:
                self._trust = ssl.create_default_context(cafile=str(self._ca_file or _public_authorities()))
            except OSError as error:
                raise self._untrusted() from error
        return self._trust

    def _ready(self, connection: http.client.HTTPConnection, seconds: float) -> None:
        """Connect, unless the connection is open still."""
        if connection.sock is None:
            connection.timeout = min(seconds, _CONNECT_SECONDS)
            try:
                connection.connect()
            except ssl.SSLError as error:
                raise self._untrusted() from error
            except (OSError, UnicodeError) as error:  # UnicodeError: a host that is no name
                raise Unreachable(f"sidecar not reachable at {self.address}") from error
        connection.sock.settimeout(seconds)

    def _answer(self, response: http.client.HTTPResponse) -> Answer:
        parts, size = [], response.length or 0
        if response.length is not None and size <= MAX_REPLY_BYTES:
            parts.append(response.read())
        else:
            while size <= MAX_REPLY_BYTES:
                parts.append(response.read(_PART))
                size += len(parts[-1])
                if not parts[-1]:
                    break
        if size > MAX_REPLY_BYTES:
            raise BadReply(f"the answer of {self.address} is larger than {MAX_REPLY_BYTES:,} bytes")
        return Answer(response.status, b"".join(parts), _seconds(response.headers.get("Retry-After")))

    def _lost(self) -> ConnectionLost:
        return ConnectionLost(f"sidecar at {self.address} cut the connection")

    def _untrusted(self) -> SidecarUnavailable:
        return SidecarUnavailable(f"no trusted TLS connection to the sidecar at {self.address}", hint=_CA_HINT)

    def _failure(self, error: Exception, elapsed: float, seconds: float) -> SidecarError:
        """Return what a call means that failed once it was connected."""
        # a body that stalls can look like a cut one; the clock tells them apart
        if isinstance(error, (TimeoutError, socket.timeout)) or elapsed >= seconds:
            return SidecarTimeout(f"no answer from the sidecar at {self.address} within {seconds:g} s")
        if isinstance(error, (OSError, http.client.IncompleteRead)):
            return self._lost()
        return WrongService(f"what listens at {self.address} is not a LogLM sidecar")


def _public_authorities() -> str:
    """Return the file of them that comes with requests; Splunk's Python may have none of its own."""
    from requests.utils import DEFAULT_CA_BUNDLE_PATH

    return str(DEFAULT_CA_BUNDLE_PATH)


def _dropped(sock: socket.socket) -> bool:
    """Whether the other side has closed an idle connection: then there is an end to be read."""
    try:
        return bool(select.select([sock], [], [], 0)[0])
    except (OSError, ValueError):
        return True


def _seconds(text: Optional[str]) -> Optional[float]:
    """Read a Retry-After in seconds; a date is not worth a parser here."""
    return float(text) if text and text.isascii() and text.isdigit() and len(text) < 6 else None
