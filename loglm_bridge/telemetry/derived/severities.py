"""`severity`: how bad the device itself says it is: critical, high, medium, low or info."""

from __future__ import annotations

from collections.abc import Iterator

_NAMES = frozenset(
    """
    alert.severity alert_severity alertseverity crlevel crowdstrike_severity detection.severity
    event.severityname event_severity finding.severity.label level_name priority properties.severity risk
    rule.level sev severity severity.label severityname threat.severity threat_severity
    threatinfo.confidencelevel threatseverity
    """.split()
)
_NAMED = {
    **dict.fromkeys(("critical", "crit", "emergency", "fatal", "very-high"), "critical"),
    **dict.fromkeys(("high", "major", "severe"), "high"),
    **dict.fromkeys(("medium", "moderate", "warning", "warn"), "medium"),
    **dict.fromkeys(("low", "minor", "notice"), "low"),
    **dict.fromkeys(("info", "informational", "information", "debug"), "info"),
}


#: Fields that are looked at whatever they hold.
NAMES = _NAMES


def of_value(name: str, value: str) -> Iterator[tuple[str, str]]:
    """Yield severity where a field that states it holds a word for it."""
    if name in _NAMES:
        yield "severity", _NAMED.get(value.strip().lower(), "")
