"""`severity`: how bad the device itself says it is: critical, high, medium, low or info."""

from __future__ import annotations

from collections.abc import Iterator

_NAMES = frozenset(
    [
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
        "properties.severity",
        "threat.severity",
        "detection.severity",
        "rule.level",
        "alert_severity",
        "threatseverity",
        "event_severity",
        "risk",
        "threatinfo.confidencelevel",
        "level_name",
        "finding.severity.label",
        "severity.label",
    ]
)
_NAMED = {
    "critical": "critical", "crit": "critical", "emergency": "critical", "fatal": "critical", "very-high": "critical",
    "high": "high", "major": "high", "severe": "high", "medium": "medium", "moderate": "medium", "warning": "medium", "warn": "medium",
    "low": "low", "minor": "low", "notice": "low", "info": "info", "informational": "info", "information": "info", "debug": "info",
}  # fmt: skip


#: Fields that are looked at whatever they hold.
NAMES = _NAMES


def of_value(name: str, value: str) -> Iterator[tuple[str, str]]:
    """Yield severity where a field that states it holds a word for it."""
    if name in _NAMES:
        yield "severity", _NAMED.get(value.strip().lower(), "")
