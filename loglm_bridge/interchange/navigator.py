"""An ATT&CK Navigator layer (format 4.5, mitre-attack/attack-navigator, LAYERFORMATv4_5): techniques by best score."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from loglm_bridge.interchange.scored_event import ScoredEvent, line


def lines(events: Iterable[ScoredEvent]) -> Iterator[str]:
    """Yield the layer as one line of JSON."""
    yield line(layer(events))


def layer(events: Iterable[ScoredEvent]) -> dict[str, Any]:
    """Return the layer. An event counts for its first technique; the score is the best of its events, in percent."""
    best: dict[str, float] = {}
    counts: Counter[str] = Counter()
    for event in events:
        for id_, _ in event.techniques[:1]:
            best[id_] = max(best.get(id_, 0.0), event.score)
            counts[id_] += 1
    return {
        "name": "LogLM findings",
        "versions": {"attack": "18", "navigator": "5.1.0", "layer": "4.5"},
        "domain": "enterprise-attack",
        "description": f"{counts.total()} events labelled by LogLM, each by its most likely technique.",
        "sorting": 3,
        "layout": {"layout": "side", "expandedSubtechniques": "annotated"},
        "techniques": [
            {"techniqueID": id_, "score": round(100 * best[id_]), "comment": f"{counts[id_]} events", "enabled": True}
            for id_ in sorted(best)
        ],
        "gradient": {"colors": ["#ffffff", "#ff6666"], "minValue": 0, "maxValue": 100},
        "legendItems": [],
        "showTacticRowBackground": False,
        "hideDisabled": False,
    }
