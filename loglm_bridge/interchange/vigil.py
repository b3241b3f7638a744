"""Findings as DeepTempo's open-source vigil ingests them: JSON lines of its finding schema.

The schema knows three kinds of data, flow, dns and waf, and ingestion takes flow where none is named. Events of other
kinds say flow too; `entity_context.sourcetype` says what they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from loglm_bridge.interchange.labelled import Labelled, line

#: Numbers of an embedding in vigil's schema; ours is shorter, the rest is zero.
WIDTH = 768


def findings(labelled: Iterable[Labelled]) -> Iterator[str]:
    """Yield one line of JSON for each event."""
    for event in labelled:
        yield line(finding(event))


def finding(event: Labelled) -> dict[str, Any]:
    """Return the finding of one event; its id is the same for the same event."""
    kind = _kind(event)
    return {
        "finding_id": f"f-{event.moment:%Y%m%d}-{event.event.key[:8]}",
        "embedding": padded(event.row.get("embedding") or ()),
        "mitre_predictions": dict(event.techniques),
        "anomaly_score": event.score,
        "timestamp": event.moment.isoformat().replace("+00:00", "Z"),
        "data_source": kind,
        "entity_context": _context(event),
        "evidence_links": [{"type": kind, "ref": event.event.key}],
        "cluster_id": None,
        "severity": event.severity,
        "status": "new",
    }


def padded(embedding: Sequence[float]) -> list[float]:
    """Return an embedding with zeros behind it up to WIDTH numbers: distances and angles stay the same."""
    return [*embedding, *[0.0] * (WIDTH - len(embedding))]


def _kind(event: Labelled) -> str:
    kind = event.event.sourcetype.lower()
    if "dns" in kind:
        return "dns"
    return "waf" if "waf" in kind or event.family == "web" else "flow"


def _context(event: Labelled) -> Mapping[str, Any]:
    ends = {_end(name, value): value for name, value in event.ends().items()}
    named = {"hostname": event.event.host, "sourcetype": event.event.sourcetype, "sequence_id": event.event.entity}
    told = {name: value.replace("\x1f", "_") for name, value in named.items() if value}
    return {**ends, "confidence_score": event.score, **told}


def _end(name: str, value: Any) -> str:
    """The name of an end: vigil's src_ip and dst_ip are IPv4, an IPv6 address gets a name of its own."""
    return f"{name}v6" if ":" in str(value) else name
