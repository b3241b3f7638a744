"""What an answer other than 200 means: an error of the interface, a proxy's page, another program's."""

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
from loglm_bridge.splunk.client.transport import Answer

#: Seconds that one client waits in all because the sidecar asks it to, by the code of the refusal.
PATIENCE: Mapping[str, float] = {NotReady.code: 10.0, Overloaded.code: 30.0}

#: Seconds of one wait where the sidecar names none, and the least, lest a client spin.
_WAIT_SECONDS, _LEAST_SECONDS = 1.0, 0.05

#: Statuses that the same request would get again and again.
_LASTING = frozenset({401, 403, 404, 405, 409, 411})


class Lasting(SidecarRefused):
    """A refusal that asking again cannot change."""


class TooBig(SidecarRefused):
    """The request is over the sidecar's limits, which may be lower than ours."""


class BusyError(SidecarError):
    """The sidecar asks to wait `seconds`; `error` is what it comes to once patience for `reason` is spent."""

    def __init__(self, error: SidecarError, reason: str, seconds: Optional[float]) -> None:
        super().__init__(error.message)
        self.error = error
        self.reason = reason
        self.seconds = max(_LEAST_SECONDS, _WAIT_SECONDS if seconds is None else seconds)


def refusal(answer: Answer, address: str) -> SidecarError:
    """Return the error that an answer other than 200 stands for; `address` is where it came from."""
    error = json_object(answer).get("error")
    said: Mapping[str, object] = error if isinstance(error, Mapping) else {}
    code, message = str(said.get("code")), " ".join(str(said.get("message")).split())[:MAX_ECHO]
    kind = BY_CODE.get(code)
    if answer.status == Unauthorized.status:
        return Lasting("the sidecar refused the token")
    if kind is None:
        return _foreign(answer, address)
    if kind is Overloaded:
        return BusyError(SidecarOverloaded("the sidecar is busy"), code, answer.retry_after)
    if kind is NotReady:
        waited = f"the sidecar's model is not ready (waited {PATIENCE[code]:g} s)"
        return BusyError(SidecarUnavailable(waited, hint=kind.hint), code, answer.retry_after)
    return _class_of(kind, answer.status)(message, hint=kind.hint)


def json_object(answer: Answer) -> Mapping[str, object]:
    """Return the JSON object of an answer, an empty one where it is none."""
    try:
        data = parse(answer.body)
    except InvalidRequest:
        return {}
    return data if isinstance(data, Mapping) else {}


def _class_of(kind: type[LogLMError], status: int) -> type[SidecarError]:
    if status == TooLarge.status:
        return TooBig
    if kind in (ModelFailed, LogLMError):
        return SidecarFailed
    if status in _LASTING:
        return Lasting
    return SidecarUnavailable if status >= 500 else SidecarRefused


def _foreign(answer: Answer, address: str) -> SidecarError:
    """Return what an answer means that carries no error of ours: a proxy's 502, another program's 404."""
    if answer.status >= 500:
        return SidecarUnavailable(f"HTTP {answer.status} from {address}")
    return WrongService(f"HTTP {answer.status} from {address}, which is no answer of a LogLM sidecar")
