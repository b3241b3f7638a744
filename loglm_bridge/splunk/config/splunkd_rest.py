"""splunkd's REST interface through splunk-sdk, with bounds on time and a certificate check where one can be made."""

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
    """splunkd did not do what it was asked for."""

    code, status, hint = "splunkd", 0, "see splunkd.log"


class SessionEnded(SplunkdError):
    """splunkd no longer takes the session key; a new process gets a new one."""

    hint = "nothing to do, splunkd starts the program again with a new session"


#: What splunk-sdk raises where a call fails.
FAILURES = (binding.HTTPError, binding.AuthenticationError, OSError, HTTPException)


def connect(session: SplunkSession, seconds: float, app: str = "") -> Service:
    """Return a service for the session; each read of an answer may take `seconds`.

    splunkd's own certificate is rarely one that can be verified, so over loopback, where nobody stands between, it is
    not; any other address has to show a good one.

    Raises:
        SplunkdError: the session has no address that can be used.
    """
    try:
        uri = urlsplit(session.uri)
        host, port = uri.hostname or "", uri.port
    except ValueError as error:
        raise SplunkdError("splunkd gave an address that is none") from error
    if uri.scheme not in ("http", "https") or not host:
        raise SplunkdError("splunkd gave an address that is none")
    return Service(
        scheme=uri.scheme,
        host=host,
        port=port,
        token=session.key,
        owner="nobody",
        app=app or APP,
        handler=binding.handler(timeout=seconds, verify=not is_loopback(host)),
    )


def failure(error: Exception, doing: str) -> SplunkdError:
    """Return what a failed call means; `doing` says what was tried."""
    status = getattr(error, "status", None)
    if status == 401:
        return SessionEnded(f"{doing}: splunkd no longer takes the session key")
    if status is not None:
        return SplunkdError(f"{doing}: {one_line(str(error), MAX_ECHO)}")
    return SplunkdError(f"{doing}: splunkd cannot be reached ({type(error).__name__})")
