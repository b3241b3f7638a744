"""OCSF 1.5 Detection Finding (schema.ocsf.io, class 2004): one JSON line an event."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from loglm_bridge import __version__
from loglm_bridge.contract import attack
from loglm_bridge.contract.attack_table import TECHNIQUES
from loglm_bridge.interchange.scored_event import ScoredEvent, line

VERSION = "1.5.0"
#: Detection Finding (class, category), activity Create.
_CLASS, _CATEGORY, _CREATE = 2004, 2, 1
_SEVERITY_IDS = {"low": 2, "medium": 3, "high": 4, "critical": 5}

#: Short names of tactics -> their ids (attack.mitre.org/tactics/enterprise).
TACTIC_IDS = {
    "reconnaissance": "TA0043", "resource-development": "TA0042", "initial-access": "TA0001", "execution": "TA0002",
    "persistence": "TA0003", "privilege-escalation": "TA0004", "defense-evasion": "TA0005",
    "credential-access": "TA0006", "discovery": "TA0007", "lateral-movement": "TA0008", "collection": "TA0009",
    "command-and-control": "TA0011", "exfiltration": "TA0010", "impact": "TA0040",
}  # fmt: skip


#: The analytic object of every finding.
_ANALYTIC = {"uid": "loglm", "name": "LogLM", "version": __version__, "type_id": 4, "type": "Learning (ML/DL)"}


def findings(events: Iterable[ScoredEvent]) -> Iterator[str]:
    """Yield one line of JSON for each event."""
    for event in events:
        yield line(finding(event))


def finding(event: ScoredEvent) -> dict[str, Any]:
    """Return the Detection Finding of one event."""
    time = round(event.occurred.timestamp() * 1000)
    return {
        "activity_id": _CREATE,
        "activity_name": "Create",
        "category_uid": _CATEGORY,
        "category_name": "Findings",
        "class_uid": _CLASS,
        "class_name": "Detection Finding",
        "type_uid": _CLASS * 100 + _CREATE,
        "type_name": "Detection Finding: Create",
        "time": time,
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
        "finding_info": _info(event, time),
        **({"device": {"hostname": event.event.host, "type_id": 0, "type": "Unknown"}} if event.event.host else {}),
        "evidences": [_evidence(event)],
    }


def _info(event: ScoredEvent, time: int) -> dict[str, Any]:
    first = next(iter(event.techniques), None)
    title = f"LogLM: {_name(first[0])} ({first[0]})" if first else f"LogLM: {event.row['verdict']} event"
    return {
        "uid": event.event.key,
        "title": title,
        "desc": f"LogLM scored this event {event.score:.2f} ({event.row['verdict']}).",
        "created_time": time,
        "analytic": _ANALYTIC,
        "attacks": [attack for id_, _ in event.techniques for attack in _attacks(id_)],
    }


def _attacks(id_: str) -> Iterator[dict[str, Any]]:
    """Yield the technique once for each of its tactics, since an attack object of OCSF has one tactic."""
    parent, _, sub = id_.partition(".")
    technique: dict[str, Any] = {"technique": {"uid": parent, "name": _name(parent)}, "version": "18.1"}
    if sub:
        technique["sub_technique"] = {"uid": id_, "name": _name(id_)}
    for tactic in _tactics(id_):
        yield {"tactic": {"uid": TACTIC_IDS[tactic], "name": tactic.replace("-", " ").title()}, **technique}
    if not _tactics(id_):
        yield technique


def _evidence(event: ScoredEvent) -> dict[str, Any]:
    endpoints = event.endpoints()
    evidence: dict[str, Any] = {"data": {"raw": event.event.raw, "sourcetype": event.event.sourcetype}}
    for name, ip, port in (("src_endpoint", "src_ip", "src_port"), ("dst_endpoint", "dst_ip", "dst_port")):
        if ip in endpoints:
            evidence[name] = {"ip": endpoints[ip], **({"port": endpoints[port]} if port in endpoints else {})}
    return evidence


def _name(id_: str) -> str:
    return attack.technique(id_, 0.0).name if id_ in TECHNIQUES else id_


def _tactics(id_: str) -> tuple[str, ...]:
    return attack.technique(id_, 0.0).tactics if id_ in TECHNIQUES else ()
