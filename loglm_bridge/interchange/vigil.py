"""Findings as DeepTempo's open-source vigil ingests them: JSON lines of its finding schema."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from loglm_bridge.interchange.labelled import Labelled

#: Numbers of an embedding in vigil's schema; ours is shorter, the rest is zero.
WIDTH = 768


def findings(labelled: Iterable[Labelled]) -> Iterator[str]:
    """Yield one line of JSON for each event."""
    for event in labelled:
        yield json.dumps(finding(event), ensure_ascii=False)


def finding(event: Labelled) -> dict[str, Any]:
    """Return the finding of one event; its id is the same for the same event."""
    return {
        "finding_id": f"f-{event.moment:%Y%m%d}-{event.event.key[:8]}",
        "embedding": padded(event.row.get("embedding") or ()),
        "mitre_predictions": dict(event.techniques),
        "anomaly_score": event.score,
        "timestamp": event.moment.isoformat().replace("+00:00", "Z"),
        "data_source": _source(event),
        "entity_context": _context(event),
        "evidence_links": [{"type": "event", "ref": event.event.key}],
        "cluster_id": None,
        "severity": event.severity,
        "status": "new",
    }


def padded(embedding: Sequence[float]) -> list[float]:
    """Return an embedding with zeros behind it up to WIDTH numbers: distances and angles stay the same."""
    return [*embedding, *[0.0] * (WIDTH - len(embedding))]


def _source(event: Labelled) -> str:
    kind = event.event.sourcetype.lower()
    if "dns" in kind:
        return "dns"
    return "waf" if "waf" in kind else "flow" if event.ends()["dst_ip"] else "log"


def _context(event: Labelled) -> Mapping[str, Any]:
    context = {**event.ends(), "confidence_score": event.score}
    named = {"hostname": event.event.host, "sourcetype": event.event.sourcetype, "sequence_id": event.event.entity}
    return {**context, **{name: value.replace("\x1f", "_") for name, value in named.items() if value}}
