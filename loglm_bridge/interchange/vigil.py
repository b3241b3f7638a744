"""Findings as DeepTempo's open-source vigil ingests them: JSON lines of its finding schema.

The schema has three data sources, flow, dns and waf; flow is the default of the ingestion. Events of other kinds have
flow too; `entity_context.sourcetype` tells them apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from loglm_bridge.interchange.scored_event import ScoredEvent, line

#: Width of an embedding in vigil's schema; a shorter one is padded with zeros.
WIDTH = 768


def findings(events: Iterable[ScoredEvent]) -> Iterator[str]:
    """Yield one line of JSON for each event."""
    for event in events:
        yield line(finding(event))


def finding(event: ScoredEvent) -> dict[str, Any]:
    """Return the finding of one event; equal events have equal ids."""
    source = _data_source(event)
    return {
        "finding_id": f"f-{event.occurred:%Y%m%d}-{event.event.key[:8]}",
        "embedding": padded(event.row.get("embedding") or ()),
        "mitre_predictions": dict(event.techniques),
        "anomaly_score": event.score,
        "timestamp": event.occurred.isoformat().replace("+00:00", "Z"),
        "data_source": source,
        "entity_context": _context(event),
        "evidence_links": [{"type": source, "ref": event.event.key}],
        "cluster_id": None,
        "severity": event.severity,
        "status": "new",
    }


def padded(embedding: Sequence[float]) -> list[float]:
    """Return an embedding padded with zeros to WIDTH numbers, which changes neither distances nor angles."""
    return [*embedding, *[0.0] * (WIDTH - len(embedding))]


def _data_source(event: ScoredEvent) -> str:
    sourcetype = event.event.sourcetype.lower()
    if "dns" in sourcetype:
        return "dns"
    return "waf" if "waf" in sourcetype or event.family == "web" else "flow"


def _context(event: ScoredEvent) -> Mapping[str, Any]:
    endpoints = {_endpoint_name(name, value): value for name, value in event.endpoints().items()}
    names = {"hostname": event.event.host, "sourcetype": event.event.sourcetype, "sequence_id": event.event.entity}
    present = {name: value.replace("\x1f", "_") for name, value in names.items() if value}
    return {**endpoints, "confidence_score": event.score, **present}


def _endpoint_name(name: str, value: Any) -> str:
    """Return the key of an endpoint: src_ip and dst_ip of vigil are IPv4, so IPv6 addresses get keys of their own."""
    return f"{name}v6" if ":" in str(value) else name
