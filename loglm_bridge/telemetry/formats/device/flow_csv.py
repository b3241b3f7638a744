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
_ARROW = re.compile(r"\s*[<?|o]?[-?]+[>?|o]?\s*\Z|\s*who\s*\Z")
_NFDUMP = ("ts", "te", "td", "sa", "da", "sp", "dp", "pr", "flg", "fwd", "stos", "ipkt", "ibyt", "opkt", "obyt")
_TIME = re.compile(r"\d{4}[-/]\d\d[-/]\d\d[ T]\d\d:\d\d:\d\d")
_FIREWALL = ("date", "time", "action", "protocol", "src_ip", "dest_ip", "src_port", "dest_port", "size", "tcp_flags")
_FIREWALL_ACTIONS = frozenset({"ALLOW", "DROP", "OPEN", "OPEN-INBOUND", "CLOSE", "INFO-EVENTS-LOST"})
_TCP_ENDS = (("S_RA", "rejected"), ("S_R", "rejected"), ("S_", "no_reply"))


def parse(text: str, event: Event) -> Record | None:  # noqa: ARG001 (one signature for all formats)
    """Read one flow line, also under its header line; None where it is none of these formats."""
    lines = text.strip().split("\n", 2)
    if "," not in lines[0]:
        return _firewall(lines[0])
    if lines[0].count(",") < 7:
        return None
    if len(lines) > 1 and not any(c.isdigit() and is_ip(c) for c in lines[0].split(",", 40)):
        return _with_header(lines[0], lines[1])
    values = [v.strip() for v in lines[0].split(",", _MAX_COLUMNS)]
    if len(values) >= 14 and _ARROW.match(values[5]) and is_ip(values[3]) and is_ip(values[6]):
        return _argus(values)
    timed = len(values) >= 13 and _TIME.match(values[0]) and _TIME.match(values[1])
    if timed and is_ip(values[3]) and is_ip(values[4]):
        return _record(list(zip(_NFDUMP, values, strict=False)))
    return None


def _with_header(header: str, line: str) -> Record | None:
    names = [n.strip().strip('"').lower().replace(" ", "_") for n in header.split(",", _MAX_COLUMNS)]
    values = [v.strip().strip('"') for v in line.split(",", _MAX_COLUMNS)]
    fields = list(zip(names, values, strict=False))
    if "srcbytes" in names and "totbytes" in names:
        fields = _directed(fields)
    return _record(fields) if flow.is_flow(fields) else None


def _argus(values: list[str]) -> Record:
    fields = [(n, v) for n, v in zip(_ARGUS, values, strict=False) if n != "label"]
    return _record(_directed(fields))


def _directed(fields: list[Field]) -> list[Field]:
    """Argus counts both directions and the source's share: what is left came back. Hexadecimal ports are ICMP types."""
    values = dict(fields)
    total = values.get("bytes") or values.get("totbytes", "")
    sent = values.get("fwd_bytes") or values.get("srcbytes", "")
    kept = [(n, v) for n, v in fields if n not in ("bytes", "totbytes") and not v.startswith("0x")]
    if total.isdigit() and sent.isdigit() and len(total) < 16:
        kept.append(("bwd_bytes", str(max(0, int(total) - int(sent)))))
    return [(n, _state(v) if n == "state" else v) for n, v in kept]


def _state(value: str) -> str:
    """Argus writes TCP flags of both sides (FSPA_FSPA) or a word (CON, INT)."""
    if "_" not in value:
        return value
    return next((name for start, name in _TCP_ENDS if value == start or value.startswith(start + "_")), "established")


def _firewall(line: str) -> Record | None:
    values = line.split(None, 24)
    if len(values) < 9 or values[2] not in _FIREWALL_ACTIONS or not _TIME.match(line):
        return None
    fields = [(n, v) for n, v in zip(_FIREWALL, values, strict=False) if v != "-"]
    fields = [("fwd_bytes" if n == "size" else n, v) for n, v in fields if n not in ("date", "time")]
    if values[-1] in ("SEND", "RECEIVE", "FORWARD"):
        fields.append(("direction", values[-1].lower()))
    return Record("flow_csv", "flow", flow.kind_of(fields), flow.normalise(fields))


def _record(fields: list[Field]) -> Record:
    return Record("flow_csv", "flow", flow.kind_of(fields), flow.normalise(fields))
