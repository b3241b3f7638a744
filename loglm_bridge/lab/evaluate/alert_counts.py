"""What an analyst gets: alerts event by event against incidents, at equal recall, on attacks and on ordinary machines.

Incidents are those of `| loglmincidents` (contract/incidents.py), within a recording: two recordings of one laboratory
host never share one, though a search might join them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from loglm_bridge.contract.incidents import FlaggedEvent, Incident, Incidents
from loglm_bridge.contract.windows import MAX_GAP
from loglm_bridge.lab.evaluate.curves import Answer
from loglm_bridge.lab.train.calibrate import known_malice
from loglm_bridge.lab.weak_labels.training_examples import RECORDED, TELLING

#: Shares of recordings found at which alerts are counted.
RECALLS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)

#: The verdict of an answer: "malicious", "suspicious" or any other.
Says = Callable[[Answer], str]

#: What names the entity of an answer's event.
Entity = Callable[[Answer], str]


def host(answer: Answer) -> str:
    """Return the host of an answer's event."""
    return answer.event.event.host


def measure(answers: Sequence[Answer], pair: Entity) -> dict[str, Any]:
    """Return alerts at the model's own verdicts for recordings and flows, and over a range of recalls for recordings.

    Among the recalls is that of Sigma's rules of level medium and above, which raise one alert for each rule and event.
    `pair` names the addresses of a flow. Ordinary are the machines nobody attacks, and the flows of the flow file that
    are labelled benign.
    """
    recorded = [a for a in answers if a.event.source in RECORDED and a.event.techniques]
    ordinary = [a for a in answers if a.ordinary]
    flows = [a for a in answers if a.event.event.sourcetype.startswith("netflow")]
    hostile = [a for a in flows if a.event.label == "malicious"]
    calm = [a for a in flows if a.event.label == "benign"]
    found = {"recordings": count(recorded, ordinary, _own, host), "flows": count(hostile, calm, _own, pair)}
    if not recorded:
        return {**found, "at equal recall": []}
    ruled = {_recording(a) for a in recorded if a.ruled}
    recall = len(ruled) / found["recordings"]["recordings"]
    rules = {"found": len(ruled), "alerts": _rule_alerts(recorded), "false_alerts": _rule_alerts(ordinary)}
    at = [_at(recall, recorded, ordinary) for recall in RECALLS]
    return {**found, "rules": {**rules, "at their recall": _at(recall, recorded, ordinary)}, "at equal recall": at}


def count(attacks: Sequence[Answer], ordinary: Sequence[Answer], says: Says, entity: Entity) -> dict[str, Any]:
    """Return how many alerts attacks and ordinary events raise, as events and as incidents, at the same verdicts.

    `shown` are the events that incidents of attacks show, suspicious members among them. `as_events` is what alerts
    event by event come to where they show as large a share of the attack events, those that are labelled or that a
    medium rule hits, as the incidents do.
    """
    raised, false = incidents(attacks, says, entity), incidents(ordinary, says, entity)
    loud = [a for a in attacks if says(a) == "malicious"]
    threshold = _threshold(attacks, shown(attacks, says, entity))
    return {
        "recordings": len({_recording(a) for a in attacks}),
        "found": len({_recording(a) for a in loud}),
        "events": len(loud),
        "incidents": len(raised),
        "shown": sum(incident.events for incident in raised),
        "false_events": sum(says(a) == "malicious" for a in ordinary),
        "false_incidents": len(false),
        "ordinary": len(ordinary),
        "as_events": {
            "events": sum(a.score >= threshold for a in attacks),
            "false_events": sum(a.score >= threshold for a in ordinary),
        },
    }


def incidents(answers: Iterable[Answer], says: Says, entity: Entity, gap: float = MAX_GAP) -> list[Incident]:
    """Return the incidents of the answers within each recording."""
    made = Incidents(gap)
    for answer in answers:
        verdict = says(answer)
        if verdict in ("malicious", "suspicious"):
            flagged = FlaggedEvent(answer.event.event.time or 0.0, answer.score, verdict, (), answer.event.id)
            made.add((*_recording(answer), entity(answer)), flagged)
    return made.result()


def shown(answers: Sequence[Answer], says: Says, entity: Entity, gap: float = MAX_GAP) -> set[str]:
    """Return the ids of the events that are in incidents: the malicious, and the suspicious within the gap of them."""
    spans: dict[tuple[str, ...], list[Incident]] = defaultdict(list)
    for incident in incidents([a for a in answers if says(a) == "malicious"], says, entity, gap):
        spans[incident.entity].append(incident)

    def near(answer: Answer) -> bool:
        time = answer.event.event.time or 0.0
        return any(i.first - gap <= time <= i.last + gap for i in spans[(*_recording(answer), entity(answer))])

    return {a.event.id for a in answers if says(a) in ("malicious", "suspicious") and near(a)}


def _rule_alerts(answers: Iterable[Answer]) -> int:
    return sum(level in TELLING for answer in answers for _, level, _ in answer.event.hits)


def _own(answer: Answer) -> str:
    return answer.verdict


def _recording(answer: Answer) -> tuple[str, str]:
    return answer.event.source, answer.event.group


def _at(recall: float, recorded: Sequence[Answer], ordinary: Sequence[Answer]) -> dict[str, Any]:
    """Count alerts at the score that `recall` of the recordings reach; suspicious is what the model calls so."""
    best: dict[tuple[str, str], float] = defaultdict(float)
    for answer in recorded:
        best[_recording(answer)] = max(best[_recording(answer)], answer.score)
    ordered = sorted(best.values(), reverse=True)
    threshold = ordered[max(0, round(recall * len(ordered)) - 1)]

    def says(answer: Answer) -> str:
        if answer.score >= threshold:
            return "malicious"
        return "suspicious" if answer.verdict in ("malicious", "suspicious") else "benign"

    return {"recall": recall, "threshold": threshold, **count(recorded, ordinary, says, host)}


def _threshold(attacks: Sequence[Answer], seen: set[str]) -> float:
    """Return the highest score from which on as many attack events are alerts as are among the `seen`."""
    known = [a for a in attacks if known_malice(a.event)]
    scores = np.sort([a.score for a in known])[::-1]
    wanted = sum(a.event.id in seen for a in known)
    return float(scores[wanted - 1]) if wanted else 1.1
