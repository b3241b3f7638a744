"""HTTP to the sidecar: one kept-alive connection, every call bounded in time and size, failures as SidecarErrors.

No proxies, netrc or certificate paths from the environment, and no redirects: events and the token go to the
configured address and nowhere else.
"""

from __future__ import annotations

import http.client
import os
import time
from dataclasses import dataclass
from typing import Iterator, Optional

import requests
from requests.adapters import HTTPAdapter

from loglm_bridge import __version__
from loglm_bridge.contract.errors import BadReply, SidecarError, SidecarTimeout, SidecarUnavailable, WrongService
from loglm_bridge.splunk.deadline import within
from loglm_bridge.splunk.settings import Settings

#: Bytes of the longest answer that is read; an embedding of 1,024 numbers for each of 2,048 events fits.
MAX_REPLY_BYTES = 64 * 1024 * 1024

#: Seconds that a connection may take; a sidecar is near.
_CONNECT_SECONDS = 3.0

#: Seconds by which the bound on the whole call stands above the socket's own timeout, which closes more tidily.
_GRACE_SECONDS = 0.25


_CA_HINT = "check the sidecar's certificate and `ca_file` in loglm.conf"


class Unreachable(SidecarUnavailable):
    """No connection: nothing listens, or the way to it is closed."""


class ConnectionLost(SidecarUnavailable):
    """The connection ended before the answer did."""


@dataclass(frozen=True)
class Answer:
    """An HTTP answer. `retry_after` is in seconds, None where the header is absent or not a number."""

    status: int
    body: bytes
    retry_after: Optional[float]


class Transport:
    """Sends requests to one sidecar.

    Raises SidecarUnavailable where `ca_file` is set and cannot be read.
    """

    def __init__(self, settings: Settings) -> None:
        if settings.ca_file and not os.access(settings.ca_file, os.R_OK):
            raise SidecarUnavailable("ca_file cannot be read", where=str(settings.ca_file), hint=_CA_HINT)
        self._url = settings.url
        self._address = settings.address
        self._verify = str(settings.ca_file) if settings.ca_file else True
        self._session = self._open()

    def send(self, method: str, path: str, *, seconds: float, token: str = "", body: Optional[bytes] = None) -> Answer:
        """Send one request and read its answer, whatever its status, within `seconds`.

        Raises:
            Unreachable, ConnectionLost, SidecarTimeout: no answer, or not all of it.
            WrongService: what listens does not speak HTTP.
            BadReply: the answer is larger than MAX_REPLY_BYTES.
        """
        session, started = self._session, time.monotonic()
        try:
            return within(seconds + _GRACE_SECONDS, lambda: self._call(session, method, path, token, body, seconds))
        except SidecarError:
            self.renew()
            raise
        except (TimeoutError, OSError) as error:  # a RequestException is an OSError
            self.renew()
            raise self._failure(error, time.monotonic() - started, seconds) from error

    def renew(self) -> None:
        """Drop the connection; the next request opens a new one."""
        self._session.close()
        self._session = self._open()

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def _open(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        session.verify = self._verify
        # identity: an answer that is small on the wire and vast in memory cannot occur
        session.headers.update({"User-Agent": f"loglm-bridge/{__version__}", "Accept-Encoding": "identity"})
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(pool_connections=1, pool_maxsize=1, max_retries=0))
        return session

    def _call(
        self, session: requests.Session, method: str, path: str, token: str, body: Optional[bytes], seconds: float
    ) -> Answer:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if body is not None:
            headers["Content-Type"] = "application/json"
        with session.request(
            method,
            self._url + path,
            data=body,
            headers=headers,
            timeout=(min(seconds, _CONNECT_SECONDS), seconds),
            allow_redirects=False,
            stream=True,
        ) as response:
            return Answer(response.status_code, self._read(response), _seconds(response.headers.get("Retry-After")))

    def _read(self, response: requests.Response) -> bytes:
        parts, size = [], 0
        for part in response.iter_content(65_536):
            size += len(part)
            if size > MAX_REPLY_BYTES:
                raise BadReply(f"the answer of {self._address} is larger than {MAX_REPLY_BYTES:,} bytes")
            parts.append(part)
        return b"".join(parts)

    def _failure(self, error: OSError, elapsed: float, seconds: float) -> SidecarError:
        """Return what a failed call means."""
        if isinstance(error, requests.exceptions.SSLError):
            return SidecarUnavailable(
                f"no trusted TLS connection to the sidecar at {self._address}",
                hint=_CA_HINT,
            )
        causes = tuple(_chain(error))
        # a body that stalls is a ConnectionError to requests; the clock tells it from a cut one
        timed_out = isinstance(error, (TimeoutError, requests.exceptions.ReadTimeout)) or elapsed >= seconds
        if timed_out and not isinstance(error, requests.exceptions.ConnectTimeout):
            return SidecarTimeout(f"no answer from the sidecar at {self._address} within {seconds:g} s")
        if any(
            isinstance(e, (ConnectionError, http.client.RemoteDisconnected, http.client.IncompleteRead)) for e in causes
        ):
            refused = any(isinstance(e, ConnectionRefusedError) for e in causes)
            return self._unreachable() if refused else ConnectionLost(f"sidecar at {self._address} cut the connection")
        if any(isinstance(e, http.client.HTTPException) for e in causes):
            return WrongService(f"what listens at {self._address} is not a LogLM sidecar")
        return self._unreachable()

    def _unreachable(self) -> Unreachable:
        return Unreachable(f"sidecar not reachable at {self._address}")


def _chain(error: Optional[BaseException]) -> Iterator[BaseException]:
    """Yield an error and those it came from, the ones that libraries pass as arguments as well."""
    waiting, seen = [error], set()
    while waiting:
        found = waiting.pop()
        if found is None or id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        waiting += [found.__cause__, found.__context__, *(a for a in found.args if isinstance(a, BaseException))]


def _seconds(text: Optional[str]) -> Optional[float]:
    """Read a Retry-After in seconds; a date is not worth a parser here."""
    return float(text) if text and text.isascii() and text.isdigit() and len(text) < 6 else None
