"""Fixed-order lines of packet filters and intrusion detection: pf's filterlog, Snort and Suricata fast alerts.

Formats: https://docs.netgate.com/pfsense/en/latest/monitoring/logs/raw-filter-format.html and alert_fast of Snort.
"""

from __future__ import annotations

import re

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.families.network import flow_values
from loglm_bridge.telemetry.record import Field, Record

_FAST_ALERT = re.compile(
    r"\[\*\*\]\s?\[\d+:(\d+):\d+\]\s++(\S(?:.{0,298}?\S)??)\s++\[\*\*\]\s++(?:\[Classification: ([^\]]{1,80})\]\s++)?"
    r"(?:\[Priority: (\d)\]\s++)?\{([\w-]{1,16})\}\s++(\S{2,60}) -> (\S{2,60})"
)
_FILTERLOG = re.compile(
    r"\d{0,10},\d*,[^,]{0,80},[^,]{0,80},[^,]{1,20},match,(pass|block|rdr|nat|binat|reject),(in|out),([46]),"
)


def parse(text: str, event: Event) -> Record | None:  # noqa: ARG001 (one signature for all formats)
    """Parse one such line; None where it is neither."""
    if "[**]" in text[:80]:
        return _alert(text)
    match = _FILTERLOG.search(text, 0, 200)
    return None if match is None else _filterlog(text[match.start() :], match)


def _alert(text: str) -> Record | None:
    match = _FAST_ALERT.search(text, 0, 1_000)
    if match is None:
        return None
    signature_id, signature, category, priority, protocol, source, destination = match.groups()
    fields: list[Field] = [
        ("action", "alert"),
        ("signature", signature.strip('"')),
        ("signature_id", signature_id),
        ("category", category or ""),
        ("severity", priority or ""),
        ("protocol", flow_values.protocol(protocol)),
        *_endpoint("src", source),
        *_endpoint("dest", destination),
    ]
    return Record("alert_fast", "ids", "alert", tuple(field for field in fields if field[1]))


def _endpoint(side: str, text: str) -> tuple[Field, ...]:
    """Return address and port of `address:port` or of an address alone, IPv4 or IPv6."""
    address, colon, port = text.rpartition(":")
    without_port = text.count(":") == 7 or (":" in address and "::" not in address and address.count(":") < 7)
    if not colon or not port.isdigit() or without_port:
        address, port = text, ""
    return (f"{side}_ip", address), (f"{side}_port", port)


def _filterlog(text: str, header: re.Match[str]) -> Record:
    """Parse pf's line; IPv4 and IPv6 have protocol, addresses and ports in columns of their own."""
    values = text.split(",", 40)
    action, direction, version = header.groups()
    protocol_column, first_endpoint_column = (16, 18) if version == "4" else (12, 15)
    has_protocol = len(values) > (16 if version == "4" else 13)
    protocol = flow_values.protocol(values[protocol_column].lower() if has_protocol else "")
    endpoints = values[first_endpoint_column : first_endpoint_column + 4]
    src_ip, dest_ip, src_port, dest_port = endpoints + [""] * (4 - len(endpoints))
    has_ports = protocol in ("tcp", "udp")
    fields: list[Field] = [
        ("src_ip", src_ip),
        ("src_port", src_port if has_ports else ""),
        ("dest_ip", dest_ip),
        ("dest_port", dest_port if has_ports else ""),
        ("protocol", protocol),
        ("action", "allowed" if action == "pass" else "blocked"),
        ("direction", "inbound" if direction == "in" else "outbound"),
    ]
    return Record("filterlog", "flow", protocol, tuple(field for field in fields if field[1]))
