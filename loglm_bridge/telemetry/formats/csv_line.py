"""Comma-separated lines: logs of Palo Alto Networks by their known columns, others by a header or by number.

Columns: https://docs.paloaltonetworks.com/pan-os/11-1/pan-os-admin/monitoring/use-syslog-for-monitoring
"""

from __future__ import annotations

import csv

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.families.network import device, flow
from loglm_bridge.telemetry.families.network.pan_columns import COLUMNS
from loglm_bridge.telemetry.record import Field, Record
from loglm_bridge.telemetry.scanning.key_value_scanner import is_pair_list

_MAX_COLUMNS = 160
_MAX_LINE = 32_768
#: Values that a line must have.
_MIN_VALUES = 6


def parse(text: str, event: Event) -> Record | None:  # noqa: ARG001 (one signature for all formats)
    """Parse one CSV line, with or without its header line; None where the text is not comma-separated."""
    lines = text.strip().split("\n", 2)
    if lines[0].count(",") < _MIN_VALUES - 1:
        return None
    values = _values(lines[0])
    if len(values) > 5 and values[3] in COLUMNS and values[0].strip().isdigit():
        return _paloalto(values)
    if len(lines) > 1 and _is_header(values):
        names = [name.strip().lower().replace(" ", "_") for name in values]
        return _record(list(zip(names, _values(lines[1]), strict=False)))
    return _record(_numbered(values)) if _is_row(lines[0], values) else None


def _values(line: str) -> list[str]:
    try:
        return next(csv.reader([line[:_MAX_LINE]]), [])[:_MAX_COLUMNS]
    except csv.Error:
        return line[:_MAX_LINE].split(",", _MAX_COLUMNS)[:_MAX_COLUMNS]


def _is_header(values: list[str]) -> bool:
    return all(v.strip() and v.strip()[0].isalpha() and len(v) <= 48 for v in values)


def _is_row(line: str, values: list[str]) -> bool:
    """Distinguish a row from a sentence, whose commas precede blanks and long parts, and from a list of pairs."""
    if is_pair_list(values[0], 3) or (line.lstrip()[:1] == '"' and '": ' in line[:80]):
        return False
    if sum("=" in v for v in values) * 2 > len(values) or sum(v.count(":") == 1 for v in values) * 2 > len(values):
        return False
    return line.count(", ") * 2 < len(values) and line.count(" ") < len(values) * 2


def _numbered(values: list[str]) -> list[Field]:
    return [(f"column_{i}", v.strip()) for i, v in enumerate(values, 1) if v.strip() not in ("", "-")]


def _record(fields: list[Field]) -> Record:
    if flow.is_flow(fields):
        return Record("csv", "flow", flow.kind_of(fields), flow.normalise(fields))
    return Record("csv", "csv", "", tuple(f for f in fields if f[1]))


def _paloalto(values: list[str]) -> Record:
    names = COLUMNS[values[3]]
    fields = [(n, v.strip()) for n, v in zip(names, values, strict=False) if n != "_" and v.strip()]
    return device.record("csv", fields, f"paloalto_{values[3].lower()}")
