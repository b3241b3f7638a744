"""How it ended: `outcome` (success, failure, blocked) and `severity` as the device itself states it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loglm_bridge.telemetry.derived.fields import Values

_STATUS = (
    "errorcode", "outcome.result", "result", "resulttype", "status", "outcome", "resultstatus", "action", "act", "eventoutcome", "event.outcome",
    "protopayload.status.code", "responsestatus.code", "properties.status.errorcode", "properties.resulttype", "sc-status",
    "res", "disposition", "vendor_action", "verdict", "alert.action", "policy_action", "state",
)  # fmt: skip
_BLOCKED = frozenset(
    "block blocked deny denied drop dropped reject rejected reset quarantine quarantined quarantine_success prevented prevent remediated"
    " reset-both reset-client reset-server cleaned sinkhole block-url block-continue discard client-rst server-rst".split()
)  # noqa: SIM905
_FAILURE = frozenset("failure failed fail error unauthorized unsuccessful no invalid expired locked".split())  # noqa: SIM905
_SUCCESS = frozenset(
    "success succeeded ok 0 200 allow allowed accept accepted pass passed permit permitted yes 1 granted successful".split()
)  # noqa: SIM905

_SEVERITY = (
    "severity",
    "alert.severity",
    "crowdstrike_severity",
    "severityname",
    "threat_severity",
    "alertseverity",
    "priority",
    "event.severityname",
    "sev",
    "crlevel",
)
_NAMED = {
    "critical": "critical", "crit": "critical", "emergency": "critical", "alert": "critical", "fatal": "critical", "very-high": "critical",
    "high": "high", "error": "high", "major": "high", "medium": "medium", "moderate": "medium", "warning": "medium", "warn": "medium",
    "low": "low", "minor": "low", "notice": "low", "info": "info", "informational": "info", "information": "info", "debug": "info",
}  # fmt: skip


def derive(values: Values) -> Iterator[tuple[str, str]]:
    """Yield outcome and severity, where the event tells them."""
    yield "outcome", outcome(values)
    yield "severity", _NAMED.get(values.first(*_SEVERITY).strip().lower(), "")


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
