"""splunkd's REST interface through splunk-sdk, with time limits and a certificate check beyond loopback."""

from __future__ import annotations

import ssl
from http.client import HTTPException
from pathlib import Path
from typing import Optional
from urllib.parse import urlsplit

from splunklib import binding
from splunklib.client import Service

from loglm_bridge.contract.errors import LogLMError
from loglm_bridge.contract.limits import MAX_ECHO
from loglm_bridge.contract.safe_text import one_line
from loglm_bridge.splunk.config.authorities import public_authorities
from loglm_bridge.splunk.config.session import APP, SplunkSession
from loglm_bridge.splunk.config.settings import is_loopback


class SplunkdError(LogLMError):
    """A call to splunkd failed."""

    code, status, hint = "splunkd", 0, "see splunkd.log"


class SessionEnded(SplunkdError):
    """splunkd no longer accepts the session key; a new process gets a new one."""

    hint = "nothing to do, splunkd starts the program again with a new session"


_CA_HINT = "set splunkd_ca_file in loglm.conf to the authorities that sign splunkd's certificate"

#: Exceptions of splunk-sdk for a failed call.
CALL_ERRORS = (binding.HTTPError, binding.AuthenticationError, OSError, HTTPException)


def connect(session: SplunkSession, seconds: float, ca_file: Optional[Path], app: str = "") -> Service:
    """Return a service for the session; each read of a response may take `seconds`.

    One rule for command, input and alert action. Over loopback, where no one can intercept, splunkd's certificate is
    not checked: it rarely names that address. At any other address it must be valid and signed by the authorities in
    `ca_file` (None: the public ones).

    Raises:
        SplunkdError: the address of the session is invalid, or `ca_file` cannot be read.
    """
    try:
        uri = urlsplit(session.uri)
        host, port = uri.hostname or "", uri.port
    except ValueError as error:
        raise SplunkdError("splunkd returned an invalid URI") from error
    if uri.scheme not in ("http", "https") or not host:
        raise SplunkdError("splunkd returned an invalid URI")
    context = _tls_context(ca_file) if uri.scheme == "https" and not is_loopback(host) else None
    return Service(
        scheme=uri.scheme,
        host=host,
        port=port,
        token=session.key,
        owner="nobody",
        app=app or APP,
        handler=binding.handler(timeout=seconds, verify=context is not None, context=context),
    )


def _tls_context(ca_file: Optional[Path]) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(ca_file or public_authorities()))
    except OSError as error:
        raise SplunkdError("splunkd_ca_file cannot be read", where=str(ca_file), hint=_CA_HINT) from error


def error_of_call(error: Exception, action: str) -> SplunkdError:
    """Return the error of a failed call; `action` says what was attempted."""
    status = getattr(error, "status", None)
    if status == 401:
        return SessionEnded(f"{action}: splunkd no longer accepts the session key")
    if isinstance(error, ssl.SSLError):
        return SplunkdError(f"{action}: no trusted TLS connection to splunkd", hint=_CA_HINT)
    if status is not None:
        return SplunkdError(f"{action}: {one_line(str(error), MAX_ECHO)}")
    return SplunkdError(f"{action}: splunkd cannot be reached ({type(error).__name__})")
