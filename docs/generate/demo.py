"""A part of what `loglm demo` prints, as a table for the README."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from docs.generate import markdown

#: Sample events that the table shows.
_SHOWN = (
    "security/logon",
    "sysmon/updater",
    "sysmon/encoded-powershell",
    "sysmon/lsass-dump",
    "security/dcsync",
    "web/sql-injection",
    "netflow/scan",
    "netflow/backup",
    "auditd/reverse-shell",
    "broken/empty",
)


def table() -> str:
    """Return the shown events with their labels, as `loglm demo` prints them."""
    command = [sys.executable, "-m", "loglm_bridge.cli", "demo", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)  # noqa: S603 - our own
    rows = {row["id"]: row for row in json.loads(done.stdout)["rows"]}
    return markdown.table(
        ["event", "status", "score", "verdict", "techniques"], (_cells(rows[name]) for name in _SHOWN)
    )


def _cells(row: dict[str, Any]) -> list[str]:
    score = f"{float(row['loglm_score']):.3f}" if row["loglm_score"] else ""
    techniques = zip(_values(row, "technique_id"), _values(row, "technique"), strict=True)
    return [
        row["what"].partition(": ")[2],
        row["loglm_status"],
        score,
        row["loglm_verdict"],
        ", ".join(f"{identifier} {name}" for identifier, name in techniques),
    ]


def _values(row: dict[str, Any], name: str) -> list[str]:
    value = row[f"loglm_{name}"]
    return [text for text in (value if isinstance(value, list) else value.split("\n")) if text]
