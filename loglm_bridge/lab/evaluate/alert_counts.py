"""Alerts of an analyst: events one by one against incidents, at equal recall, on attacks and on ordinary machines.

Incidents are those of `| loglmincidents` (contract/incidents.py), within a recording: two recordings of the same
laboratory host never share one, though a search might join them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from loglm_bridge.contract.incidents import FlaggedEvent, Incident, Incidents
from loglm_bridge.contract.windows import MAX_GAP
from loglm_bridge.lab.data.labels import ATTACK_LEVELS, known_malice
from loglm_bridge.lab.evaluate.predictions import Prediction

#: Shares of recordings at which alerts are counted.
RECALLS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)

#: The verdict of a prediction: "malicious", "suspicious" or any other.
VerdictOf = Callable[[Prediction], str]

#: The entity of a prediction's event.
EntityOf = Callable[[Prediction], str]


def host(prediction: Prediction) -> str:
    """Return the host of a prediction's event."""
    return prediction.event.event.host


def measure(predictions: Sequence[Prediction], pair: EntityOf) -> dict[str, Any]:
    """Return the alerts at the model's own verdicts for recordings and flows, and over a range of recalls.

    One of the recalls is that of Sigma's rules of level medium and above, which raise one alert for each rule and
    event. `pair` returns the pair of addresses of a flow. Ordinary are the events of machines without attacks, and the
    flows that are labelled benign.
    """
    recorded = [p for p in predictions if p.is_recorded]
    ordinary = [p for p in predictions if p.is_ordinary]
    flows = [p for p in predictions if p.event.event.sourcetype.startswith("netflow")]
    malicious = [p for p in flows if p.event.label == "malicious"]
    benign = [p for p in flows if p.event.label == "benign"]
    counts = {
        "recordings": count(recorded, ordinary, _model_verdict, host),
        "flows": count(malicious, benign, _model_verdict, pair),
    }
    if not recorded:
        return {**counts, "at equal recall": []}
    hit = {p.recording for p in recorded if p.has_rule_hit}
    recall = len(hit) / counts["recordings"]["recordings"]
    rules = {"found": len(hit), "alerts": _rule_alerts(recorded), "false_alerts": _rule_alerts(ordinary)}
    at_recalls = [_count_at(recall, recorded, ordinary) for recall in RECALLS]
    rules_row = {**rules, "at their recall": _count_at(recall, recorded, ordinary)}
    return {**counts, "rules": rules_row, "at equal recall": at_recalls}


def count(
    attacks: Sequence[Prediction], ordinary: Sequence[Prediction], verdict_of: VerdictOf, entity_of: EntityOf
) -> dict[str, Any]:
    """Return the numbers of alerts of attacks and of ordinary events, as events and as incidents, at the same verdicts.

    `shown` are the events that incidents of attacks show, suspicious ones included. `as_events` are the alerts of
    single events at the threshold at which they show the same share of the known attack events as the incidents do.
    """
    raised, false = incidents(attacks, verdict_of, entity_of), incidents(ordinary, verdict_of, entity_of)
    alerts = [p for p in attacks if verdict_of(p) == "malicious"]
    threshold = _threshold(attacks, shown(attacks, verdict_of, entity_of))
    return {
        "recordings": len({p.recording for p in attacks}),
        "found": len({p.recording for p in alerts}),
        "events": len(alerts),
        "incidents": len(raised),
        "shown": sum(incident.events for incident in raised),
        "false_events": sum(verdict_of(p) == "malicious" for p in ordinary),
        "false_incidents": len(false),
        "ordinary": len(ordinary),
        "as_events": {
            "events": sum(p.score >= threshold for p in attacks),
            "false_events": sum(p.score >= threshold for p in ordinary),
        },
    }


def incidents(
    predictions: Iterable[Prediction], verdict_of: VerdictOf, entity_of: EntityOf, gap: float = MAX_GAP
) -> list[Incident]:
    """Return the incidents of the predictions within each recording."""
    grouped = Incidents(gap)
    for one in predictions:
        verdict = verdict_of(one)
        if verdict in ("malicious", "suspicious"):
            flagged = FlaggedEvent(one.event.event.time or 0.0, one.score, verdict, (), one.event.id)
            grouped.add((*one.recording, entity_of(one)), flagged)
    return grouped.result()


def shown(
    predictions: Sequence[Prediction], verdict_of: VerdictOf, entity_of: EntityOf, gap: float = MAX_GAP
) -> set[str]:
    """Return the ids of the events in incidents: malicious ones, and suspicious ones within the gap of these."""
    spans: dict[tuple[str, ...], list[Incident]] = defaultdict(list)
    for incident in incidents([p for p in predictions if verdict_of(p) == "malicious"], verdict_of, entity_of, gap):
        spans[incident.entity].append(incident)

    def in_incident(one: Prediction) -> bool:
        time = one.event.event.time or 0.0
        return any(i.first - gap <= time <= i.last + gap for i in spans[(*one.recording, entity_of(one))])

    return {p.event.id for p in predictions if verdict_of(p) in ("malicious", "suspicious") and in_incident(p)}


def _rule_alerts(predictions: Iterable[Prediction]) -> int:
    return sum(level in ATTACK_LEVELS for one in predictions for _, level, _ in one.event.hits)


def _model_verdict(prediction: Prediction) -> str:
    return prediction.verdict


def _count_at(recall: float, recorded: Sequence[Prediction], ordinary: Sequence[Prediction]) -> dict[str, Any]:
    """Count alerts at the score that a share `recall` of the recordings reaches; suspicious stays the model's."""
    best: dict[tuple[str, str], float] = defaultdict(float)
    for one in recorded:
        best[one.recording] = max(best[one.recording], one.score)
    ordered = sorted(best.values(), reverse=True)
    threshold = ordered[max(0, round(recall * len(ordered)) - 1)]

    def verdict_of(one: Prediction) -> str:
        if one.score >= threshold:
            return "malicious"
        return "suspicious" if one.verdict in ("malicious", "suspicious") else "benign"

    return {"recall": recall, "threshold": threshold, **count(recorded, ordinary, verdict_of, host)}


def _threshold(attacks: Sequence[Prediction], shown_ids: set[str]) -> float:
    """Return the highest score that as many known attack events reach as are among the shown ones."""
    known = [p for p in attacks if known_malice(p.event)]
    scores = np.sort([p.score for p in known])[::-1]
    wanted = sum(p.event.id in shown_ids for p in known)
    return float(scores[wanted - 1]) if wanted else 1.1
