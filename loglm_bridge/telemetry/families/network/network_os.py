"""Lines of Cisco devices (%FACILITY-SEVERITY-MNEMONIC); connections that its firewalls report become flows."""

from __future__ import annotations

import re
from typing import Optional

from loglm_bridge.telemetry.families.network import flow
from loglm_bridge.telemetry.record import Field, Record
from loglm_bridge.telemetry.scanning.key_value_scanner import is_pair_list, pairs

_MNEMONIC = re.compile(r"%([A-Z][A-Z0-9_]{1,24}(?:-[A-Z][A-Z0-9_]{0,24}){0,2})-(\d)-([A-Za-z0-9_]{2,48})\s?:\s?")
#: Characters in which the mnemonic must begin: it may follow sequence numbers and times.
_MAX_START = 240
_FIREWALLS = frozenset({"ASA", "FTD", "FWSM", "PIX"})
_ENDPOINT = re.compile(r"(?:[\w.-]{1,60}:)?([0-9a-fA-F.:]{3,45})[/(](\d{1,5})\)?")
_ADDRESS = re.compile(r"\b(?:from|to|for|src|dst|faddr|laddr)\s+(?:[\w-]{1,60}:)?(\d{1,3}(?:\.\d{1,3}){3})", re.ASCII)
_PROTOCOL = re.compile(r"\b(tcp|udp|icmp|gre|esp|ospf)\b", re.IGNORECASE)
_BYTES = re.compile(r"\bbytes (\d{1,15})")
_DURATION = re.compile(r"\bduration (\d{1,5}:\d\d:\d\d)")
_USER = re.compile(r"\b(?:[Uu]ser(?:name)?|uauth)\s?[=:]?\s?[<'\"]?([^\s<>'\",:]{1,64})")


def parse(format_name: str, text: str) -> Optional[Record]:
    """Parse a line that has a mnemonic near its beginning; None for other lines."""
    header = _MNEMONIC.search(text, 0, _MAX_START)
    if header is None:
        return None
    facility, severity, mnemonic = header.groups()
    body = text[header.end() :]
    if facility.partition("-")[0] in _FIREWALLS:
        return _firewall(format_name, f"{facility.lower()}_{mnemonic}", severity, body)
    fields: list[Field] = [
        ("severity", severity),
        ("mnemonic", f"{facility.lower()}_{mnemonic}" if mnemonic.isdigit() else mnemonic),
    ]
    if is_pair_list(body):
        extra, words = pairs(body)
        fields += [*extra, ("message", words)]
    else:
        fields.append(("message", body))
    return Record(format_name, "device", f"cisco_{facility.lower()}", tuple(field for field in fields if field[1]))


def _firewall(format_name: str, mnemonic: str, severity: str, body: str) -> Record:
    """Parse a firewall's line: a flow where it is about a connection, else mnemonic, severity, addresses and text."""
    is_list = body.partition(",")[0].count(":") == 1 and body.count(", ") >= 6
    if is_list:
        parts = (part.partition(":") for part in body.split(", ", 120))
        fields = [(name.strip(), value.strip()) for name, _, value in parts if value]
        if flow.is_flow(fields):
            return Record(format_name, "flow", flow.kind_of(fields), flow.normalise(fields))
        return Record(format_name, "device", "cisco_firewall", (("mnemonic", mnemonic), *fields))
    connection = _connection(body)
    action = _action(body)
    if action and len(connection) >= 2:
        flow_fields = (*connection, ("action", action), *_volume(body))
        return Record(format_name, "flow", flow.kind_of(flow_fields), flow.normalise(flow_fields))
    user = _USER.search(body, 0, 1_000)
    user_fields = (("user", user.group(1)),) if user else ()
    fields = [("mnemonic", mnemonic), ("severity", severity), *connection, *user_fields, ("message", body)]
    return Record(format_name, "device", "cisco_firewall", tuple(fields))


def _connection(body: str) -> tuple[Field, ...]:
    """Return the first two endpoints of a sentence as source and destination, and its protocol."""
    endpoints = [match.groups() for match in _ENDPOINT.finditer(body, 0, 1_000)][:2]
    sides = ("src", "dest")
    fields: list[Field] = []
    for side, (address, port) in zip(sides, endpoints, strict=False):
        fields += [(f"{side}_ip", address), (f"{side}_port", port)]
    if not fields:
        fields = [(f"{side}_ip", a) for side, a in zip(sides, _ADDRESS.findall(body[:1_000]), strict=False)]
    protocol = _PROTOCOL.search(body, 0, 400)
    return (*fields, ("protocol", protocol.group(1).lower())) if protocol and fields else tuple(fields)


def _action(body: str) -> str:
    start = body[:80].lower()
    if any(word in start for word in ("deny", "denied", "discard", "dropped", "drop ", "drop rate")):
        return "blocked"
    return "allowed" if any(word in start for word in ("built", "teardown", "permitted")) else ""


def _volume(body: str) -> tuple[Field, ...]:
    duration, sent = _DURATION.search(body), _BYTES.search(body)
    fields: list[Field] = []
    if duration:
        fields.append(("flow_dur", duration.group(1)))
    if sent:
        fields.append(("fwd_bytes", sent.group(1)))
    return tuple(fields)
