"""OCSF 1.5 Detection Finding (schema.ocsf.io, class 2004): one JSON line an event."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from loglm_bridge import __version__
from loglm_bridge.contract import attack
from loglm_bridge.contract.attack_table import TECHNIQUES
from loglm_bridge.interchange.labelled import Labelled

VERSION = "1.5.0"
_CLASS, _CATEGORY, _CREATE = 2004, 2, 1
_SEVERITY_IDS = {"low": 2, "medium": 3, "high": 4, "critical": 5}

#: ATT&CK's ids of tactics, by short name (attack.mitre.org/tactics/enterprise).
TACTICS = {
    "reconnaissance": "TA0043", "resource-development": "TA0042", "initial-access": "TA0001", "execution": "TA0002",
    "persistence": "TA0003", "privilege-escalation": "TA0004", "defense-evasion": "TA0005",
    "credential-access": "TA0006", "discovery": "TA0007", "lateral-movement": "TA0008", "collection": "TA0009",
    "command-and-control": "TA0011", "exfiltration": "TA0010", "impact": "TA0040",
}  # fmt: skip


def findings(labelled: Iterable[Labelled]) -> Iterator[str]:
    """Yield one line of JSON for each event."""
    for event in labelled:
        yield json.dumps(finding(event), ensure_ascii=False)


def finding(event: Labelled) -> dict[str, Any]:
    """Return the Detection Finding of one event."""
    at = round(event.moment.timestamp() * 1000)
    return {
        "activity_id": _CREATE,
        "activity_name": "Create",
        "category_uid": _CATEGORY,
        "category_name": "Findings",
        "class_uid": _CLASS,
        "class_name": "Detection Finding",
        "type_uid": _CLASS * 100 + _CREATE,
        "time": at,
        "severity_id": _SEVERITY_IDS[event.severity],
        "severity": event.severity.capitalize(),
        "status_id": 1,
        "status": "New",
        "is_alert": event.malicious,
        "confidence_score": round(100 * event.score),
        "metadata": {
            "version": VERSION,
            "product": {"name": "LogLM Bridge", "vendor_name": "LogLM Bridge", "version": __version__},
        },
        "finding_info": _info(event, at),
        **({"device": {"hostname": event.event.host, "type_id": 0}} if event.event.host else {}),
        "evidences": [_evidence(event)],
    }


def _info(event: Labelled, at: int) -> dict[str, Any]:
    first = next(iter(event.techniques), None)
    title = f"LogLM: {_name(first[0])} ({first[0]})" if first else "LogLM: suspicious event"
    return {
        "uid": event.event.key,
        "title": title,
        "desc": f"LogLM scored this event {event.score:.2f} ({event.row['verdict']}).",
        "created_time": at,
        "analytic": {"type_id": 4, "type": "Learning (ML/DL)", "name": "LogLM", "version": __version__},
        "attacks": [_attack(id_) for id_, _ in event.techniques],
    }


def _attack(id_: str) -> dict[str, Any]:
    parent, _, sub = id_.partition(".")
    named = {"uid": parent, "name": _name(parent)}
    tactics = [{"uid": TACTICS[t], "name": t.replace("-", " ").title()} for t in _tactics(id_) if t in TACTICS]
    told = {"technique": named, "tactics": tactics, "version": "18.1"}
    return {**told, "sub_technique": {"uid": id_, "name": _name(id_)}} if sub else told


def _evidence(event: Labelled) -> dict[str, Any]:
    ends = event.ends()
    out: dict[str, Any] = {"data": {"raw": event.event.raw, "sourcetype": event.event.sourcetype}}
    for name, ip, port in (("src_endpoint", "src_ip", "src_port"), ("dst_endpoint", "dst_ip", "dst_port")):
        if ends.get(ip):
            out[name] = {"ip": ends[ip], **({"port": ends[port]} if port in ends else {})}
    return out


def _name(id_: str) -> str:
    return attack.technique(id_, 0.0).name if id_ in TECHNIQUES else id_


def _tactics(id_: str) -> tuple[str, ...]:
    return attack.technique(id_, 0.0).tactics if id_ in TECHNIQUES else ()
