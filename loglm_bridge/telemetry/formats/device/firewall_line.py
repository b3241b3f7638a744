"""Fixed-order lines of packet filters and intrusion detection: pf's filterlog, Snort and Suricata fast alerts.

Formats: https://docs.netgate.com/pfsense/en/latest/monitoring/logs/raw-filter-format.html and alert_fast of Snort.
"""

from __future__ import annotations

import re

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.families.network import flow_values
from loglm_bridge.telemetry.record import Field, Record

_FAST = re.compile(
    r"\[\*\*\]\s?\[\d+:(\d+):\d+\]\s+(.{1,300}?)\s+\[\*\*\]\s+(?:\[Classification: ([^\]]{1,80})\]\s+)?"
    r"(?:\[Priority: (\d)\]\s+)?\{([\w-]{1,16})\}\s+(\S{2,60}) -> (\S{2,60})"
)
_FILTER = re.compile(
    r"\d{0,10},\d*,[^,]{0,80},[^,]{0,80},[^,]{1,20},match,(pass|block|rdr|nat|binat|reject),(in|out),([46]),"
)


def parse(text: str, event: Event) -> Record | None:  # noqa: ARG001 (one signature for all formats)
    """Read one such line; None where it is none."""
    if "[**]" in text[:80]:
        return _alert(text)
    found = _FILTER.search(text, 0, 200)
    return None if found is None else _filter(text[found.start() :], found)


def _alert(text: str) -> Record | None:
    found = _FAST.search(text, 0, 1_000)
    if found is None:
        return None
    signature_id, signature, category, priority, protocol, source, target = found.groups()
    fields: list[Field] = [
        ("action", "alert"),
        ("signature", signature.strip('"')),
        ("signature_id", signature_id),
        ("category", category or ""),
        ("severity", priority or ""),
        ("protocol", flow_values.protocol(protocol)),
        *_end("src", source),
        *_end("dest", target),
    ]
    return Record("alert_fast", "ids", "alert", tuple(f for f in fields if f[1]))


def _end(side: str, text: str) -> tuple[Field, ...]:
    address, colon, port = text.rpartition(":")
    without_port = text.count(":") == 7 or (":" in address and "::" not in address and address.count(":") < 7)
    if not colon or not port.isdigit() or without_port:
        address, port = text, ""
    return (f"{side}_ip", address), (f"{side}_port", port)


def _filter(text: str, found: re.Match[str]) -> Record:
    values = text.split(",", 40)
    action, direction, version = found.groups()
    first = 15 if version == "4" else 12
    protocol = values[first + 1 if version == "4" else first].lower() if len(values) > first + 1 else ""
    ends = values[18:22] if version == "4" else values[15:19]
    ends += [""] * (4 - len(ends))
    transport = flow_values.protocol(protocol)
    with_ports = transport in ("tcp", "udp")
    fields: list[Field] = [
        ("src_ip", ends[0]),
        ("src_port", ends[2] if with_ports else ""),
        ("dest_ip", ends[1]),
        ("dest_port", ends[3] if with_ports else ""),
        ("protocol", transport),
        ("action", "allowed" if action == "pass" else "blocked"),
        ("direction", "inbound" if direction == "in" else "outbound"),
    ]
    return Record("filterlog", "flow", transport, tuple(f for f in fields if f[1]))
