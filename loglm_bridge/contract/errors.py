"""All errors of this package: one class each, with its code on the wire, its HTTP status and its advice to a person.

An error says what went wrong, where (a JSON pointer, a file, a stanza, an option) and what to do. Messages never
contain a raw event, a token or a header.
"""

from __future__ import annotations

from typing import Any, Mapping, Optional


class LogLMError(Exception):
    """Base of all errors of this package.

    `code` is the stable name on the wire, `status` the HTTP status of a sidecar's answer (0: never sent over HTTP),
    `hint` what a person can do about it.
    """

    code = "internal"
    status = 500
    hint = "see the sidecar's log"

    def __init__(self, message: str, *, where: str = "", hint: Optional[str] = None) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        if hint is not None:
            self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} [{self.where}]" if self.where else self.message

    def to_dict(self) -> dict[str, Any]:
        """Return the body of an HTTP error answer."""
        return {"error": {"code": self.code, "message": self.message, "where": self.where}}

    def user_message(self, consequence: str = "") -> str:
        """Return what a person reads: what went wrong and where, a sentence on the consequence, and what to do."""
        advice = f"{self.hint[:1].upper()}{self.hint[1:]}."
        return " ".join(filter(None, (f"{self}.", consequence, advice)))


# --- a request that the sidecar refuses ------------------------------------------------------------------------------


class InvalidRequest(LogLMError):
    """The body does not have the form that the interface defines."""

    code, status, hint = "invalid_request", 400, "update the app or the sidecar so that both speak the same version"


class InvalidEvent(InvalidRequest):
    """One event of a request is malformed."""

    code, status = "invalid_event", 422


class LengthRequired(LogLMError):
    """A body without a usable Content-Length."""

    code, status, hint = "length_required", 411, "send a Content-Length"


class TooLarge(LogLMError):
    """A body or batch over the limits."""

    code, status, hint = "too_large", 413, "send smaller batches (batch_events, batch_bytes in loglm.conf)"


class Unauthorized(LogLMError):
    """The bearer token is absent or wrong."""

    code, status, hint = "unauthorized", 401, "save the output of `loglm token` as the sidecar's token in Splunk"


class ForbiddenHost(LogLMError):
    """A Host or Origin header that is not this sidecar's."""

    code, status, hint = "forbidden_host", 403, "call the sidecar by the address it listens on"


class NotFound(LogLMError):
    """No such path or method."""

    code, status, hint = "not_found", 404, "see docs/reference/http-api.md"


class MethodNotAllowed(LogLMError):
    """The path exists, the method does not."""

    code, status, hint = "method_not_allowed", 405, "see docs/reference/http-api.md"


class VersionMismatch(LogLMError):
    """The client speaks another version of the interface."""

    code, status, hint = "version_mismatch", 409, "install an app and a sidecar of the same major version"


class Overloaded(LogLMError):
    """The queue is full."""

    code, status, hint = "overloaded", 429, "narrow the search or run more sidecar workers"


class NotReady(LogLMError):
    """The model is loading, was refused, or the sidecar is stopping."""

    code, status, hint = "not_ready", 503, "wait until /health/ready answers 200"


class ModelFailed(LogLMError):
    """Inference failed, or returned invalid numbers."""

    code, status, hint = "model_error", 500, "run `loglm models check`"


# --- the model folder ------------------------------------------------------------------------------------------------


class ModelRefused(LogLMError):
    """A model folder that does not match its manifest, or contains what it must not."""

    code, status, hint = "model_refused", 503, "restore the folder or run `loglm models rollback`"


# --- a call to the sidecar, seen by its client -----------------------------------------------------------------------


class SidecarError(LogLMError):
    """A call to the sidecar gave no labels. `row_status` is the status of the rows it was about."""

    code, status, hint = "sidecar", 0, "check that `loglm serve` is running"
    row_status = "unavailable"


class SidecarUnavailable(SidecarError):
    """Nothing answers at the sidecar's address."""

    code = "unavailable"


class SidecarTimeout(SidecarError):
    """The sidecar accepted the request and did not answer in time."""

    code, row_status, hint = "timeout", "timeout", "raise `timeout` in loglm.conf or check the sidecar's health"


class SidecarOverloaded(SidecarError):
    """The sidecar answered 429 until the wait budget was used up."""

    code, row_status, hint = "overloaded", "overloaded", Overloaded.hint


class SidecarRefused(SidecarError):
    """The sidecar refused the token or the request."""

    code, hint = "refused", Unauthorized.hint


class SidecarFailed(SidecarError):
    """The sidecar accepted the request, and its model gave no usable answer."""

    code, row_status, hint = "failed", "error", ModelFailed.hint


class WrongService(SidecarError):
    """Another program answers at the sidecar's address."""

    code, hint = "wrong_service", "correct `url` in loglm.conf or free the port"


class BadReply(SidecarError):
    """An answer that does not match its request."""

    code, hint = "bad_reply", "update the app or the sidecar so that both speak the same version"


class NoToken(SidecarError):
    """No token is configured or readable."""

    code, hint = "no_token", "save the output of `loglm token` in storage/passwords (realm loglm_bridge, name sidecar)"


# --- configuration and the Splunk side -------------------------------------------------------------------------------


class ConfigError(LogLMError):
    """A setting that cannot be used; the message names the key, the value and what is expected."""

    code, status, hint = "config", 0, "correct the setting"


class OptionError(ConfigError):
    """An option of the search command that cannot be used."""

    code, hint = "option", "see the command's help"


class InputError(LogLMError):
    """An input definition, payload or results file that cannot be read."""

    code, status, hint = "input", 0, "correct the input's definition"


class CheckpointError(LogLMError):
    """A checkpoint that cannot be read or saved; the input stops rather than lose or repeat everything."""

    code, status, hint = "checkpoint", 0, "see docs/admin/operations.md"


class DeliveryError(LogLMError):
    """A notable event that Splunk did not accept."""

    code, status, hint = "delivery", 0, "check the index and the credentials of the delivery"


#: Code -> class, for all errors that are sent over HTTP.
BY_CODE: Mapping[str, type[LogLMError]] = {
    error_class.code: error_class
    for error_class in (
        LogLMError,
        InvalidRequest,
        InvalidEvent,
        LengthRequired,
        TooLarge,
        Unauthorized,
        ForbiddenHost,
        NotFound,
        MethodNotAllowed,
        VersionMismatch,
        Overloaded,
        NotReady,
        ModelFailed,
        ModelRefused,
    )
}
