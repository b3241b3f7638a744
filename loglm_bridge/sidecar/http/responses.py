"""HTTP responses: JSON bodies, and errors in the one form of the contract."""

from __future__ import annotations

import logging
import re
import secrets
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from loglm_bridge.contract import json_codec as contract_codec
from loglm_bridge.contract.errors import LogLMError, MethodNotAllowed, NotFound, NotReady, VersionMismatch
from loglm_bridge.contract.limits import API_VERSION
from loglm_bridge.sidecar.logs import details

#: Seconds that a client should wait before it retries; sent with every refusal that is temporary.
RETRY_AFTER = "1"

_VERSIONED = re.compile(r"/v([0-9]{1,9})/")

log = logging.getLogger(__name__)


def json_response(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return a response of JSON data, or of bytes that are JSON.

    Data is written in ASCII, so that even a lone surrogate of a request can be repeated in an error.
    """
    body = data if isinstance(data, bytes) else contract_codec.encode(data)
    return Response(body, status, headers, media_type="application/json")


def error_response(error: LogLMError) -> Response:
    """Return the response to an error."""
    headers = {}
    if error.status in (429, 503):
        headers["Retry-After"] = RETRY_AFTER
    if error.status == 411:  # whoever frames a body in two ways may mean another end of it
        headers["Connection"] = "close"
    if error.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="loglm"'
    return json_response(error.to_dict(), error.status, headers)


# --- error handlers of the ASGI application: coroutines, since starlette runs others in a thread each -----------------


async def on_error(request: Request, error: Exception) -> Response:
    """Answer an error of this package, and note its code for the metrics."""
    if not isinstance(error, LogLMError):
        raise error
    request.state.outcome = error.code
    return error_response(error)


async def on_http_error(request: Request, error: Exception) -> Response:
    """Answer a refusal of the router: wrong method, other interface version, unknown path."""
    if isinstance(error, HTTPException) and error.status_code == 405:
        return await on_error(request, MethodNotAllowed("the path exists, but not with this method"))
    version = _VERSIONED.match(request.url.path)
    if version and version[1] != str(API_VERSION):
        return await on_error(request, VersionMismatch(f"this sidecar speaks interface version {API_VERSION}"))
    return await on_error(request, NotFound("no such path"))


async def on_memory_error(request: Request, _: Exception) -> Response:
    """Answer a request for which memory is insufficient."""
    log.error("out of memory")
    return await on_error(request, NotReady("out of memory"))


async def on_client_disconnect(request: Request, _: Exception) -> Response:
    """Note that the client left; the status (nginx's for this case) is never sent."""
    request.state.outcome = "gone"
    return Response(status_code=499)


async def on_unexpected_error(request: Request, error: Exception) -> Response:
    """Answer an internal error: the log holds the traceback, the client gets a reference to it."""
    ref = secrets.token_hex(4)
    log.error("internal error", exc_info=error, extra=details(ref=ref))
    return await on_error(request, LogLMError(f"internal error, ref={ref}"))
