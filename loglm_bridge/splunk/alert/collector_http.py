"""HTTP to the event collector: every call on a connection of its own, bounded in time and size.

Uses the standard library's client, as the client of the sidecar does. It follows no redirect, uses no proxy,
decompresses nothing and bounds headers and chunk sizes. So the token goes to the configured address only, and no answer
can fill the memory. `requests` and urllib3 are not involved: the versions that Python 3.9 runs have known
vulnerabilities (SECURITY.md).
"""

from __future__ import annotations

import http.client
import ssl
from pathlib import Path
from typing import Mapping, NamedTuple, Optional
from urllib.parse import urlsplit

from loglm_bridge.splunk.client.deadline import shut_down, within
from loglm_bridge.splunk.config.authorities import public_authorities

#: Maximum bytes of an answer that are read; the collector's have a hundred.
_MAX_ANSWER = 65_536

#: Exceptions of a call that got no answer. TLS errors are OSErrors too.
CALL_ERRORS = (OSError, http.client.HTTPException)


class Answer(NamedTuple):
    """Status, body and Retry-After header of an answer."""

    status: int
    body: bytes
    retry_after: Optional[str]


def post(
    url: str, body: bytes, headers: Mapping[str, str], *, seconds: float, ca_file: Optional[Path] = None
) -> Answer:
    """Send one request and return its answer, within `seconds` in all.

    The authorities in `ca_file` (None: the public ones) sign the certificate of an https address.

    Raises:
        OSError, HTTPException: no answer, or one that is not HTTP.
    """
    address = urlsplit(url)
    connection = _connection(address.scheme, address.hostname or "", address.port, seconds, ca_file)
    path = address.path + (f"?{address.query}" if address.query else "")

    def call() -> Answer:
        connection.request("POST", path, body, {**headers, "Connection": "close", "Accept-Encoding": "identity"})
        with connection.getresponse() as response:
            return Answer(response.status, response.read(_MAX_ANSWER), response.getheader("Retry-After"))

    try:
        return within(seconds, call)
    finally:
        shut_down(connection)


def _connection(
    scheme: str, host: str, port: Optional[int], seconds: float, ca_file: Optional[Path]
) -> http.client.HTTPConnection:
    if scheme == "http":
        return http.client.HTTPConnection(host, port, timeout=seconds)
    context = ssl.create_default_context(cafile=str(ca_file or public_authorities()))
    return http.client.HTTPSConnection(host, port, timeout=seconds, context=context)
