"""HTTP answers: JSON in ASCII, errors in the one form of the contract."""

from __future__ import annotations

import json
import logging
import re
import secrets
from collections.abc import Mapping
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from loglm_bridge.contract.errors import LogLMError, MethodNotAllowed, NotFound, Overloaded, VersionMismatch
from loglm_bridge.contract.json_codec import encode
from loglm_bridge.contract.limits import API_VERSION
from loglm_bridge.sidecar.logs import details

#: Seconds after which to ask again, told with every refusal that will pass.
RETRY_AFTER = "1"

_VERSIONED = re.compile(r"/v([0-9]{1,9})/")

log = logging.getLogger(__name__)


def json_answer(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return an answer with a JSON body. ASCII, so that even a lone surrogate of a request can be repeated."""
    body = data if isinstance(data, bytes) else json.dumps(data, allow_nan=False, separators=(",", ":")).encode("ascii")
    return Response(body, status, headers, media_type="application/json")


def texts(data: Mapping[str, str]) -> bytes:
    """Return an object of texts as JSON. They are long, and orjson looks at many characters at a time."""
    try:
        return orjson.dumps(data)
    except orjson.JSONEncodeError:  # a lone surrogate
        return encode(data)


def error_answer(error: LogLMError) -> Response:
    """Return the answer that an error stands for."""
    headers = {}
    if error.status in (429, 503):
        headers["Retry-After"] = RETRY_AFTER
    if error.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="loglm"'
    return json_answer(error.to_dict(), error.status, headers)


def on_error(request: Request, error: Exception) -> Response:
    """Answer an error of ours and note its code for the counters."""
    if not isinstance(error, LogLMError):
        raise error
    request.state.outcome = error.code
    return error_answer(error)


def on_http_error(request: Request, error: Exception) -> Response:
    """Answer what the router refuses: another method, another interface version, no such path."""
    if isinstance(error, HTTPException) and error.status_code == 405:
        return on_error(request, MethodNotAllowed("the path exists, the method does not"))
    version = _VERSIONED.match(request.url.path)
    if version and version[1] != str(API_VERSION):
        return on_error(request, VersionMismatch(f"this sidecar speaks interface {API_VERSION}, asked for another"))
    return on_error(request, NotFound("no such path"))


def on_no_memory(request: Request, _: Exception) -> Response:
    """Answer a request that there is no memory for."""
    log.error("out of memory")
    return on_error(request, Overloaded("out of memory"))


def on_client_gone(request: Request, _: Exception) -> Response:
    """Note that nobody waits for an answer; the status (nginx's for this case) is never sent."""
    request.state.outcome = "gone"
    return Response(status_code=499)


def on_unexpected(request: Request, error: Exception) -> Response:
    """Answer a defect of ours: the log holds where, the client a reference to it."""
    ref = secrets.token_hex(4)
    log.error("internal error", exc_info=error, extra=details(ref=ref))
    return on_error(request, LogLMError(f"internal error, ref={ref}"))
