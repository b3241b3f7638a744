"""splunkd's REST interface through splunk-sdk, with time limits and, where possible, a certificate check."""

from __future__ import annotations

from http.client import HTTPException
from urllib.parse import urlsplit

from splunklib import binding
from splunklib.client import Service

from loglm_bridge.contract.errors import LogLMError
from loglm_bridge.contract.limits import MAX_ECHO
from loglm_bridge.contract.safe_text import one_line
from loglm_bridge.splunk.config.credentials import APP, SplunkSession
from loglm_bridge.splunk.config.settings import is_loopback


class SplunkdError(LogLMError):
    """A call to splunkd failed."""

    code, status, hint = "splunkd", 0, "see splunkd.log"


class SessionEnded(SplunkdError):
    """splunkd no longer accepts the session key; a new process gets a new one."""

    hint = "nothing to do, splunkd starts the program again with a new session"


#: Exceptions of splunk-sdk for a failed call.
CALL_ERRORS = (binding.HTTPError, binding.AuthenticationError, OSError, HTTPException)


def connect(session: SplunkSession, seconds: float, app: str = "") -> Service:
    """Return a service for the session; each read of a response may take `seconds`.

    splunkd's own certificate can rarely be verified. Over loopback, where no one can intercept, it is not; at any other
    address it must be valid.

    Raises:
        SplunkdError: the address of the session is invalid.
    """
    try:
        uri = urlsplit(session.uri)
        host, port = uri.hostname or "", uri.port
    except ValueError as error:
        raise SplunkdError("splunkd returned an invalid URI") from error
    if uri.scheme not in ("http", "https") or not host:
        raise SplunkdError("splunkd returned an invalid URI")
    return Service(
        scheme=uri.scheme,
        host=host,
        port=port,
        token=session.key,
        owner="nobody",
        app=app or APP,
        handler=binding.handler(timeout=seconds, verify=not is_loopback(host)),
    )


def error_of_call(error: Exception, action: str) -> SplunkdError:
    """Return the error of a failed call; `action` says what was attempted."""
    status = getattr(error, "status", None)
    if status == 401:
        return SessionEnded(f"{action}: splunkd no longer accepts the session key")
    if status is not None:
        return SplunkdError(f"{action}: {one_line(str(error), MAX_ECHO)}")
    return SplunkdError(f"{action}: splunkd cannot be reached ({type(error).__name__})")
