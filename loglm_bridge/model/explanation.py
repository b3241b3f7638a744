"""Why a verdict: the fields without which it would have been another, its rules, recordings with events like it.

Occlusion: a field's `effect` is how far the score falls where it is left out (Zeiler and Fergus, 2014).
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
from loglm_bridge.model.flow.flow_records import of_steps
from loglm_bridge.telemetry import parse_and_canonicalise
from loglm_bridge.telemetry.record import CanonicalEvent

#: Fields that are tried, and named, at most; canonical order puts the telling ones first.
MAX_TRIED = 24
MAX_NAMED = 5

#: Characters of a value that an explanation repeats.
_MAX_VALUE = 120

Score = Callable[[Sequence[CanonicalEvent]], Sequence[Outcome]]


@dataclass(frozen=True)
class Explainer:
    """Explains verdicts of a judge and, of flows, of a reader (None: the judge reads them)."""

    judge: EventClassifier
    flows: FlowClassifier | None
    neighbours: Neighbours

    def explain(self, batch: ParsedBatch, gathered: WindowedBatch, place: int, verdict: Verdict) -> dict[str, Any]:
        """Return {"kind", "fields", "context", "rules", "neighbours"} of the verdict on a place of a batch.

        `fields` are {"name", "value", "effect"}, the most telling first; those without effect are not named. Those of a
        flow are tried in its window, those of any other event without context. `context` is there where it changed the
        score. Raises ModelFailed.
        """
        event, own = batch.events[place], batch.known[place].outcome
        form = self.judge.rule_matcher.mark(parse_and_canonicalise(event)[1])
        if self.flows and batch.parsed[place].event_type.family == FLOW:
            step, (window, at) = to_flow_event(batch.parsed[place], event), gathered.window_of(place)
            fields = flow_fields(self.flows, step, window, at)
            (alone,) = self.flows.scores(features(window[[at]], np.ones(1, dtype=np.int64)))
        else:
            fields, alone = event_fields(form, own, self.judge.outcomes), own.score
        rules = (self.judge.rule_matcher.rules[i] for i in form.rules[:MAX_NAMED])
        return {
            "kind": f"{form.family} {form.kind}".strip(),
            "fields": fields,
            **({} if alone == verdict.score else {"context": {"alone": alone, "together": verdict.score}}),
            "rules": [{"id": r.name, "level": r.level, "techniques": list(r.techniques)} for r in rules],
            "neighbours": self.neighbours.nearest(own.vector),
        }


def event_fields(form: CanonicalEvent, own: Outcome, score: Score) -> list[dict[str, Any]]:
    """Return the telling fields of a marked canonical event; `own` is what `score` says of it."""
    tried = form.fields[:MAX_TRIED]
    others = score([form.without_field(i) for i in range(len(tried))]) if tried else ()
    return _telling(tried, own.score, [other.score for other in others])


def flow_fields(flows: FlowClassifier, step: FlowEvent, window: np.ndarray, place: int) -> list[dict[str, Any]]:
    """Return the telling fields of a flow, which stands at a place of a window of RECORDs. Raises ModelFailed."""
    told = step.told()
    blank = of_steps([step.without(name) for name in told], [0] * len(told))
    several = np.tile(window, (1 + len(told), 1))
    several["own"][1:, place], several["dest"][1:, place] = blank["own"], blank["dest"]
    several["src_port"][1:, place], several["dest_port"][1:, place] = blank["src_port"], blank["dest_port"]
    read = features(several.ravel(), np.full(len(several), len(window)))[place :: len(window)]
    own, *others = flows.scores(read)
    return _telling(list(told.items()), own, others)


def _telling(fields: Sequence[tuple[str, str]], own: float, others: Sequence[float]) -> list[dict[str, Any]]:
    """Return the fields by what the score is without them."""
    effects = [round(own - other, DECIMALS) for other in others]
    ranked = sorted(zip(effects, fields, strict=True), key=lambda pair: (-abs(pair[0]), pair[1]))
    return [
        {"name": name, "value": value[:_MAX_VALUE], "effect": effect}
        for effect, (name, value) in ranked[:MAX_NAMED]
        if effect != 0.0
    ]
