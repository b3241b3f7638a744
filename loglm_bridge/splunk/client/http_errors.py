"""HTTP responses other than 200 as errors: an error of the interface, a proxy's page, another program's answer."""

from __future__ import annotations

from typing import Mapping, Optional

from loglm_bridge.contract.errors import (
    BY_CODE,
    InvalidRequest,
    LogLMError,
    ModelFailed,
    NotReady,
    Overloaded,
    SidecarError,
    SidecarFailed,
    SidecarOverloaded,
    SidecarRefused,
    SidecarUnavailable,
    TooLarge,
    Unauthorized,
    WrongService,
)
from loglm_bridge.contract.json_codec import parse
from loglm_bridge.contract.limits import MAX_ECHO
from loglm_bridge.splunk.client.transport import HttpResponse

#: Seconds that one client waits in total because the sidecar asks it to, by error code.
WAIT_BUDGET: Mapping[str, float] = {NotReady.code: 10.0, Overloaded.code: 30.0}

#: Seconds of one wait where the sidecar names none, and the minimum, so that a client does not poll without a pause.
_DEFAULT_WAIT_SECONDS, _MIN_WAIT_SECONDS = 1.0, 0.05

#: Statuses that the same request would get every time.
_PERMANENT_STATUSES = frozenset({401, 403, 404, 405, 409, 411})


class PermanentRefusal(SidecarRefused):
    """A refusal that a retry cannot change."""


class RequestTooLarge(SidecarRefused):
    """The request exceeds the sidecar's limits, which may be lower than ours."""


class BusyError(SidecarError):
    """The sidecar asks to wait `seconds`; `error` is raised once the wait budget of `code` is used up."""

    def __init__(self, error: SidecarError, code: str, seconds: Optional[float]) -> None:
        super().__init__(error.message)
        self.error = error
        self.busy_code = code
        self.seconds = max(_MIN_WAIT_SECONDS, _DEFAULT_WAIT_SECONDS if seconds is None else seconds)


def error_from_response(response: HttpResponse, address: str) -> SidecarError:
    """Return the error of a response other than 200 from `address`."""
    body = json_object(response).get("error")
    error: Mapping[str, object] = body if isinstance(body, Mapping) else {}
    code, message = str(error.get("code")), " ".join(str(error.get("message")).split())[:MAX_ECHO]
    error_class = BY_CODE.get(code)
    if response.status == Unauthorized.status:
        return PermanentRefusal("the sidecar refused the token")
    if error_class is None:
        return _foreign_response(response, address)
    if error_class is Overloaded:
        return BusyError(SidecarOverloaded("the sidecar is busy"), code, response.retry_after)
    if error_class is NotReady:
        waited = f"the sidecar's model is not ready (waited {WAIT_BUDGET[code]:g} s)"
        return BusyError(SidecarUnavailable(waited, hint=error_class.hint), code, response.retry_after)
    return _client_class(error_class, response.status)(message, hint=error_class.hint)


def json_object(response: HttpResponse) -> Mapping[str, object]:
    """Return the JSON object of a response, an empty one where its body is none."""
    try:
        data = parse(response.body)
    except InvalidRequest:
        return {}
    return data if isinstance(data, Mapping) else {}


def _client_class(error_class: type[LogLMError], status: int) -> type[SidecarError]:
    """Return the client's error for an error of the sidecar."""
    if status == TooLarge.status:
        return RequestTooLarge
    if error_class in (ModelFailed, LogLMError):
        return SidecarFailed
    if status in _PERMANENT_STATUSES:
        return PermanentRefusal
    return SidecarUnavailable if status >= 500 else SidecarRefused


def _foreign_response(response: HttpResponse, address: str) -> SidecarError:
    """Return the error of a response without an error object of ours: a proxy's 502, another program's 404."""
    if response.status >= 500:
        return SidecarUnavailable(f"HTTP {response.status} from {address}")
    return WrongService(f"HTTP {response.status} from {address}, which is not a response of a LogLM sidecar")
