"""How it ended: `outcome`, one of success, failure, blocked."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from loglm_bridge.telemetry.derived.values import Values
from loglm_bridge.telemetry.record import EventType

_STATUS = tuple(
    """
    errorcode outcome.result result resulttype status outcome resultstatus action act eventoutcome
    event.outcome protopayload.status.code responsestatus.code properties.status.errorcode
    properties.resulttype sc-status res disposition vendor_action verdict alert.action policy_action state
    """.split()
)
#: An AWS event always has these, an error code only where the call failed.
_NAMES = frozenset((*_STATUS, "eventname"))
_BLOCKED = frozenset(
    """
    block block-continue block-url blocked cleaned client-rst denied deny discard drop dropped prevent
    prevented quarantine quarantine_success quarantined reject rejected remediated reset reset-both
    reset-client reset-server server-rst sinkhole
    """.split()
)
_FAILURE = frozenset(
    """
    error expired fail failed failure invalid locked no unauthorized unsuccessful
    """.split()
)
_SUCCESS = frozenset(
    """
    0 1 200 accept accepted allow allowed granted ok pass passed permit permitted succeeded success successful
    yes
    """.split()
)


def wants(_: EventType) -> Callable[[str], bool]:
    """Return what tells whether a field (lower-case name) is looked at."""
    return _NAMES.__contains__


def of_event(values: Values) -> Iterator[tuple[str, str]]:
    """Yield outcome, where the event tells it."""
    yield "outcome", outcome(values)


def outcome(values: Values) -> str:
    """Return success, failure or blocked, empty if unknown. An AWS call without an error succeeded."""
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
