"""How it ended: `outcome`, one of success, failure, blocked."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from loglm_bridge.telemetry.derived.values import Values
from loglm_bridge.telemetry.record import EventType

_STATUS = (
    "errorcode", "outcome.result", "result", "resulttype", "status", "outcome", "resultstatus", "action", "act", "eventoutcome", "event.outcome",
    "protopayload.status.code", "responsestatus.code", "properties.status.errorcode", "properties.resulttype", "sc-status",
    "res", "disposition", "vendor_action", "verdict", "alert.action", "policy_action", "state",
)  # fmt: skip
#: An AWS event always has these, an error code only where the call failed.
_NAMES = frozenset((*_STATUS, "eventname"))
_BLOCKED = frozenset(
    [
        "block",
        "blocked",
        "deny",
        "denied",
        "drop",
        "dropped",
        "reject",
        "rejected",
        "reset",
        "quarantine",
        "quarantined",
        "quarantine_success",
        "prevented",
        "prevent",
        "remediated",
        "reset-both",
        "reset-client",
        "reset-server",
        "cleaned",
        "sinkhole",
        "block-url",
        "block-continue",
        "discard",
        "client-rst",
        "server-rst",
    ]
)
_FAILURE = frozenset("failure failed fail error unauthorized unsuccessful no invalid expired locked".split())  # noqa: SIM905
_SUCCESS = frozenset(
    [
        "success",
        "succeeded",
        "ok",
        "0",
        "200",
        "allow",
        "allowed",
        "accept",
        "accepted",
        "pass",
        "passed",
        "permit",
        "permitted",
        "yes",
        "1",
        "granted",
        "successful",
    ]
)


def wants(_: EventType) -> Callable[[str], bool]:
    """Return what tells whether a field (lower-case name) is looked at."""
    return _NAMES.__contains__


def of_event(values: Values) -> Iterator[tuple[str, str]]:
    """Yield outcome, where the event tells it."""
    yield "outcome", outcome(values)


def outcome(values: Values) -> str:
    """Return success, failure or blocked; empty where the event does not say. An AWS call without an error succeeded."""
    for value in values.all(*_STATUS):
        word = value.strip().lower()
        if word in _BLOCKED:
            return "blocked"
        if word in _FAILURE or "denied" in word or "unauthorized" in word or "failure" in word:
            return "failure"
        if word in _SUCCESS:
            return "success"
    if values.family == "aws":
        return "failure" if values.first("errorcode") else "success"
    return ""
