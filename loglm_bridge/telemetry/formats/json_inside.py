"""JSON that only carries a text event: audit records in JSON, container and CloudWatch envelopes, Azure flow tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Optional

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.families import audit
from loglm_bridge.telemetry.formats.pairs import pairs
from loglm_bridge.telemetry.record import Field, Record

_AUDIT_ITEMS = "items."
_LAUREL = frozenset({"syscall.syscall", "execve.argv", "syscall.exe"})
#: Names (lower case) of the text inside -> names that prove the envelope.
_ENVELOPES: Mapping[str, frozenset[str]] = {
    "log": frozenset({"stream", "kubernetes.pod_name", "kubernetes.container_name", "container_name"}),
    "message": frozenset({"logstreamname", "log_stream", "loggroup", "ingestiontime"}),
}
_ENVELOPES_MOST = 12
_AZURE = frozenset({"vmipaddress", "flowdirection"})


def read(fields: Sequence[Field], lower: Mapping[str, str], event: Event) -> Optional[Record]:
    """Return the record of the event that flattened JSON carries, None where it is an event of its own.

    `lower` maps the fields' names in lower case to their values.
    """
    if not _LAUREL.isdisjoint(lower):
        return audit.record("json", _laurel(fields))
    if "eventid" in lower and "timestampfractional" in lower:
        return _itemised(fields)
    if lower.keys() >= _AZURE:
        return _azure(lower)
    return _envelope(lower, event)


def _laurel(fields: Sequence[Field]) -> list[tuple[str, Sequence[Field]]]:
    """Laurel groups by record type: SYSCALL.exe, EXECVE.ARGV, PATH.name."""
    parts: dict[str, list[Field]] = {}
    for name, value in fields:
        kind, dot, rest = name.partition(".")
        if dot and kind.isupper() and "." not in rest:
            parts.setdefault(kind, []).append((rest, value))
    execve = dict(parts.get("EXECVE", ()))
    if "ARGV" in execve:
        parts["EXECVE"] = [(f"a{i}", part) for i, part in enumerate(execve["ARGV"].replace(", ", " ").split(None, 400))]
    return list(parts.items())


def _itemised(fields: Sequence[Field]) -> Optional[Record]:
    """One text of pairs per record type: items.SYSCALL = "arch=c000003e syscall=59 ..."."""
    parts: list[tuple[str, Sequence[Field]]] = []
    for name, value in fields:
        if name.lower().startswith(_AUDIT_ITEMS):
            parts.append((name[len(_AUDIT_ITEMS) :].partition(".")[0].upper(), _inner(value)))
    return audit.record("json", parts) if parts else None


def _inner(text: str) -> list[Field]:
    out: list[Field] = []
    for name, value in pairs(text)[0]:
        out += pairs(value)[0] if name == "msg" and "=" in value else [(name, value)]
    return out


def _azure(lower: Mapping[str, str]) -> Optional[Record]:
    """Traffic analytics of network security groups: the machine's side and the far side, counted by decision."""
    outward = lower.get("flowdirection", "").upper() == "O"
    near, far = lower.get("vmipaddress", ""), (lower.get("allextips") or lower.get("publicips", "")).strip("[]'\" ")
    denied = (lower.get("deniedoutflows") or "0").strip("0.") or (lower.get("deniedinflows") or "0").strip("0.")
    transport = {"t": "tcp", "u": "udp"}.get(lower.get("l4protocol", "").lower(), "")
    shown = (
        ("src_ip", near if outward else far.partition(",")[0]),
        ("dest_ip", far.partition(",")[0] if outward else near),
        ("dest_port", lower.get("destport", "").partition(".")[0]),
        ("protocol", transport),
        ("service", lower.get("l7protocol", "")),
        ("action", "blocked" if denied else "allowed"),
        ("direction", "outbound" if outward else "inbound"),
    )
    return Record("json", "flow", transport, tuple(f for f in shown if f[1])) if near else None


def _envelope(lower: Mapping[str, str], event: Event) -> Optional[Record]:
    # imported late: the formats inside an envelope include JSON itself
    from loglm_bridge.telemetry.formats import lines

    for name, marks in _ENVELOPES.items():
        text = lower.get(name, "")
        if text.strip() and len(lower) <= _ENVELOPES_MOST and not marks.isdisjoint(lower):
            return lines.parse(text, event)
    return None
