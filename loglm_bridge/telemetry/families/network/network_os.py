"""Network devices' own lines: Cisco's %FACILITY-SEVERITY-MNEMONIC, with the sentences of its firewalls as flows."""

from __future__ import annotations

import re
from typing import Optional

from loglm_bridge.telemetry.families.network import flow
from loglm_bridge.telemetry.record import Field, Record
from loglm_bridge.telemetry.scanning.key_value_scanner import is_pair_list, pairs

_MNEMONIC = re.compile(r"%([A-Z][A-Z0-9_]{1,24}(?:-[A-Z][A-Z0-9_]{0,24}){0,2})-(\d)-([A-Za-z0-9_]{2,48})\s?:\s?")
#: How far into a line the mnemonic may stand: behind sequence numbers and times.
_MAX_START = 240
_FIREWALLS = frozenset({"ASA", "FTD", "FWSM", "PIX"})
_ENDPOINT = re.compile(r"(?:[\w.-]{1,60}:)?([0-9a-fA-F.:]{3,45})[/(](\d{1,5})\)?")
_BARE = re.compile(r"\b(?:from|to|for|src|dst|faddr|laddr)\s+(?:[\w-]{1,60}:)?(\d{1,3}(?:\.\d{1,3}){3})", re.ASCII)
_PROTOCOL = re.compile(r"\b(tcp|udp|icmp|gre|esp|ospf)\b", re.IGNORECASE)
_BYTES = re.compile(r"\bbytes (\d{1,15})")
_DURATION = re.compile(r"\bduration (\d{1,5}:\d\d:\d\d)")
_USER = re.compile(r"\b(?:[Uu]ser(?:name)?|uauth)\s?[=:]?\s?[<'\"]?([^\s<>'\",:]{1,64})")


def parse(written: str, text: str) -> Optional[Record]:
    """Read a line that carries a mnemonic in its first characters; None where there is none."""
    found = _MNEMONIC.search(text, 0, _MAX_START)
    if found is None:
        return None
    facility, severity, mnemonic = found.groups()
    body = text[found.end() :]
    if facility.partition("-")[0] in _FIREWALLS:
        return _firewall(written, facility, severity, mnemonic, body)
    shown = f"{facility.lower()}_{mnemonic}" if mnemonic.isdigit() else mnemonic
    fields: list[Field] = [("severity", severity), ("mnemonic", shown)]
    if is_pair_list(body):
        extra, words = pairs(body)
        fields += [*extra, ("message", words)]
    else:
        fields.append(("message", body))
    return Record(written, "device", f"cisco_{facility.lower()}", tuple(f for f in fields if f[1]))


def _firewall(written: str, facility: str, severity: str, mnemonic: str, body: str) -> Record:
    """Sentences about connections become flows; the rest keep id, severity, addresses and text."""
    listed = body.partition(",")[0].count(":") == 1 and body.count(", ") >= 6
    if listed:
        fields = [(n.strip(), v.strip()) for n, _, v in (p.partition(":") for p in body.split(", ", 120)) if v]
        if flow.is_flow(fields):
            return Record(written, "flow", flow.kind_of(fields), flow.normalise(fields))
        return Record(written, "device", "cisco_firewall", (("mnemonic", f"{facility.lower()}_{mnemonic}"), *fields))
    connection = _connection(body)
    action = _action(body)
    if action and len(connection) >= 2:
        shown = (*connection, ("action", action), *_volume(body))
        return Record(written, "flow", flow.kind_of(shown), flow.normalise(shown))
    user = _USER.search(body, 0, 1_000)
    named = (("user", user.group(1)),) if user else ()
    kept = (
        ("mnemonic", f"{facility.lower()}_{mnemonic}"),
        ("severity", severity),
        *connection,
        *named,
        ("message", body),
    )
    return Record(written, "device", "cisco_firewall", kept)


def _connection(body: str) -> tuple[Field, ...]:
    ends = [m.groups() for m in _ENDPOINT.finditer(body, 0, 1_000)][:2]
    names = ("src", "dest")
    fields: list[Field] = []
    for name, (address, port) in zip(names, ends, strict=False):
        fields += [(f"{name}_ip", address), (f"{name}_port", port)]
    if not fields:
        fields = [(f"{n}_ip", a) for n, a in zip(names, _BARE.findall(body[:1_000]), strict=False)]
    protocol = _PROTOCOL.search(body, 0, 400)
    return (*fields, ("protocol", protocol.group(1).lower())) if protocol and fields else tuple(fields)


def _action(body: str) -> str:
    start = body[:80].lower()
    if any(word in start for word in ("deny", "denied", "discard", "dropped", "drop ", "drop rate")):
        return "blocked"
    return "allowed" if any(word in start for word in ("built", "teardown", "permitted")) else ""


def _volume(body: str) -> tuple[Field, ...]:
    sent, lasted = _BYTES.search(body), _DURATION.search(body)
    out: list[Field] = []
    if lasted:
        out.append(("flow_dur", lasted.group(1)))
    if sent:
        out.append(("fwd_bytes", sent.group(1)))
    return tuple(out)
