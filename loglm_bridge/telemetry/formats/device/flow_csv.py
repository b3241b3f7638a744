"""Flows written as comma-separated values: argus binetflow, nfdump and CICFlowMeter exports, Windows Firewall lines.

Formats: argus `ra` (StartTime,Dur,Proto,SrcAddr,Sport,Dir,DstAddr,Dport,State,...), nfdump `-o csv`
(ts,te,td,sa,da,sp,dp,pr,...), the pfirewall.log of Windows (#Fields line of the file).
"""

from __future__ import annotations

import re

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.canonical.network.addresses import is_ip
from loglm_bridge.telemetry.families.network import flow
from loglm_bridge.telemetry.record import Field, Record

_MAX_COLUMNS = 128
_ARGUS = (
    "starttime", "dur", "proto", "srcaddr", "sport", "dir", "dstaddr", "dport", "state", "stos", "dtos", "totpkts",
    "bytes", "fwd_bytes", "label",
)  # fmt: skip
_ARROW = re.compile(r"\A\s*+(?:[<?|o]?[-?]+[>?|o]?|who)\s*+\Z")
_NFDUMP = ("ts", "te", "td", "sa", "da", "sp", "dp", "pr", "flg", "fwd", "stos", "ipkt", "ibyt", "opkt", "obyt")
_TIME = re.compile(r"\d{4}[-/]\d\d[-/]\d\d[ T]\d\d:\d\d:\d\d")
_FIREWALL = (
    "date", "time", "action", "protocol", "src_ip", "dest_ip", "src_port", "dest_port", "fwd_bytes", "tcp_flags",
)  # fmt: skip
_FIREWALL_ACTIONS = frozenset({"ALLOW", "DROP", "OPEN", "OPEN-INBOUND", "CLOSE", "INFO-EVENTS-LOST"})
#: Flags of argus -> how the connection ended; others are established.
_TCP_STATES = (("S_RA", "rejected"), ("S_R", "rejected"), ("S_", "no_reply"))


def parse(text: str, event: Event) -> Record | None:  # noqa: ARG001 (one signature for all formats)
    """Parse one flow line, with or without its header line; None where it is none of these formats."""
    lines = text.strip().split("\n", 2)
    if "," not in lines[0]:
        return _windows_firewall(lines[0])
    if lines[0].count(",") < 7:
        return None
    if len(lines) > 1 and not any(c.isdigit() and is_ip(c) for c in lines[0].split(",", 40)):
        return _with_header(lines[0], lines[1])
    values = [v.strip() for v in lines[0].split(",", _MAX_COLUMNS)]
    if len(values) >= 14 and _ARROW.match(values[5]) and is_ip(values[3]) and is_ip(values[6]):
        return _argus(values)
    has_times = len(values) >= 13 and _TIME.match(values[0]) and _TIME.match(values[1])
    if has_times and is_ip(values[3]) and is_ip(values[4]):
        return _record(list(zip(_NFDUMP, values, strict=False)))
    return None


def _with_header(header: str, line: str) -> Record | None:
    names = [n.strip().strip('"').lower().replace(" ", "_") for n in header.split(",", _MAX_COLUMNS)]
    values = [v.strip().strip('"') for v in line.split(",", _MAX_COLUMNS)]
    fields = list(zip(names, values, strict=False))
    if "srcbytes" in names and "totbytes" in names:
        fields = _argus_fields(fields)
    return _record(fields) if flow.is_flow(fields) else None


def _argus(values: list[str]) -> Record:
    fields = [(n, v) for n, v in zip(_ARGUS, values, strict=False) if n != "label"]
    return _record(_argus_fields(fields))


def _argus_fields(fields: list[Field]) -> list[Field]:
    """Return argus's fields with the bytes sent back, which are its total minus those of the source.

    Hexadecimal ports are ICMP types and are dropped.
    """
    values = dict(fields)
    total = values.get("bytes") or values.get("totbytes", "")
    sent = values.get("fwd_bytes") or values.get("srcbytes", "")
    used = [(name, v) for name, v in fields if name not in ("bytes", "totbytes") and not v.startswith("0x")]
    if total.isdigit() and sent.isdigit() and len(total) < 16:
        used.append(("bwd_bytes", str(max(0, int(total) - int(sent)))))
    return [(name, _argus_state(value) if name == "state" else value) for name, value in used]


def _argus_state(value: str) -> str:
    """Return the state of argus's TCP flags of both sides (FSPA_FSPA); words (CON, INT) are unchanged."""
    if "_" not in value:
        return value
    return next(
        (state for flags, state in _TCP_STATES if value == flags or value.startswith(flags + "_")), "established"
    )


def _windows_firewall(line: str) -> Record | None:
    values = line.split(None, 24)
    if len(values) < 9 or values[2] not in _FIREWALL_ACTIONS or not _TIME.match(line):
        return None
    fields = [(n, v) for n, v in zip(_FIREWALL, values, strict=False) if v != "-" and n not in ("date", "time")]
    if values[-1] in ("SEND", "RECEIVE", "FORWARD"):
        fields.append(("direction", values[-1].lower()))
    return _record(fields)


def _record(fields: list[Field]) -> Record:
    return Record("flow_csv", "flow", flow.kind_of(fields), flow.normalise(fields))
