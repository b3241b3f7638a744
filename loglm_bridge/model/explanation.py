"""Explains a verdict: the most influential fields, the matching rules, and recordings of similar events.

Occlusion: the `effect` of a field is how far the score falls without it (Zeiler and Fergus, "Visualizing and
Understanding Convolutional Networks", 2014).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from loglm_bridge.contract.verdict import Verdict
from loglm_bridge.model.classifier.event_classifier import EventClassifier
from loglm_bridge.model.classifier.heads import DECIMALS, Outcome
from loglm_bridge.model.classifier.neighbours import Neighbours
from loglm_bridge.model.context.windowed_batch import WindowedBatch
from loglm_bridge.model.event_batch import FLOW, ParsedBatch
from loglm_bridge.model.flow.flow_classifier import FlowClassifier
from loglm_bridge.model.flow.flow_event import FlowEvent, to_flow_event
from loglm_bridge.model.flow.flow_features import features
from loglm_bridge.model.flow.flow_records import records_of
from loglm_bridge.telemetry import parse_and_canonicalise
from loglm_bridge.telemetry.record import CanonicalEvent

#: Maximum fields that are tried, and that are named; canonical order puts the most informative ones first.
MAX_TRIED = 24
MAX_NAMED = 5

#: Maximum characters of a value in an explanation.
_MAX_VALUE = 120

#: Returns the outcomes of canonical events.
Classify = Callable[[Sequence[CanonicalEvent]], Sequence[Outcome]]


@dataclass(frozen=True)
class Explainer:
    """Explains verdicts of a classifier and, on flows, of a flow classifier (None: the former classifies them)."""

    classifier: EventClassifier
    flows: FlowClassifier | None
    neighbours: Neighbours

    def explain(self, batch: ParsedBatch, windowed: WindowedBatch, index: int, verdict: Verdict) -> dict[str, Any]:
        """Return {"kind", "fields", "context", "rules", "neighbours"} of the verdict on an event of a batch.

        `fields` are {"name", "value", "effect"}, the largest effect first; those without effect are left out. Fields of
        a flow are tried in its window, those of any other event without context. `context` is present where it changed
        the score. Raises ModelFailed.
        """
        event, own = batch.events[index], batch.outcomes[index].outcome
        canonical = self.classifier.rule_matcher.mark(parse_and_canonicalise(event)[1])
        if self.flows and batch.parsed[index].event_type.family == FLOW:
            flow, (window, position) = to_flow_event(batch.parsed[index], event), windowed.window_of(index)
            fields = flow_fields(self.flows, flow, window, position)
            (alone,) = self.flows.scores(features(window[[position]], np.ones(1, dtype=np.int64)))
        else:
            fields, alone = event_fields(canonical, own, self.classifier.outcomes), own.score
        rules = (self.classifier.rule_matcher.rules[i] for i in canonical.rules[:MAX_NAMED])
        return {
            "kind": f"{canonical.family} {canonical.kind}".strip(),
            "fields": fields,
            **({} if alone == verdict.score else {"context": {"alone": alone, "together": verdict.score}}),
            "rules": [{"id": r.name, "level": r.level, "techniques": list(r.techniques)} for r in rules],
            "neighbours": self.neighbours.nearest(own.vector),
        }


def event_fields(event: CanonicalEvent, own: Outcome, classify: Classify) -> list[dict[str, Any]]:
    """Return the influential fields of a canonical event with matched rules, whose outcome is `own`."""
    tried = event.fields[:MAX_TRIED]
    others = classify([event.without_field(i) for i in range(len(tried))]) if tried else ()
    return _influential(tried, own.score, [other.score for other in others])


def flow_fields(flows: FlowClassifier, flow: FlowEvent, window: np.ndarray, position: int) -> list[dict[str, Any]]:
    """Return the influential fields of a flow at a position in its window of RECORDs. Raises ModelFailed."""
    fields = flow.to_fields()
    occluded = records_of([flow.without(name) for name in fields], [0] * len(fields))
    windows = np.tile(window, (1 + len(fields), 1))
    for name in ("own", "dest", "src_port", "dest_port"):
        windows[name][1:, position] = occluded[name]
    rows = features(windows.ravel(), np.full(len(windows), len(window)))[position :: len(window)]
    own, *others = flows.scores(rows)
    return _influential(list(fields.items()), own, others)


def _influential(fields: Sequence[tuple[str, str]], own: float, others: Sequence[float]) -> list[dict[str, Any]]:
    """Return the fields with the largest effect, given the score `own` and the scores without each field."""
    effects = [round(own - other, DECIMALS) for other in others]
    ranked = sorted(zip(effects, fields, strict=True), key=lambda pair: (-abs(pair[0]), pair[1]))
    return [
        {"name": name, "value": value[:_MAX_VALUE], "effect": effect}
        for effect, (name, value) in ranked[:MAX_NAMED]
        if effect != 0.0
    ]
