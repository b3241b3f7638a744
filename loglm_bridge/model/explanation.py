"""Explains a verdict: the rules that match and what in the event satisfies them, the fields that carry the score, and
the nearest behaviours that the model knows.

Occlusion: the `effect` of a field is how far the maliciousness logit falls without it (Zeiler and Fergus,
"Visualizing and Understanding Convolutional Networks", 2014). A logit does not saturate as a score does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from loglm_bridge.contract.verdict import Verdict
from loglm_bridge.model.classifier.event_classifier import EventClassifier
from loglm_bridge.model.classifier.heads import Outcome
from loglm_bridge.model.classifier.neighbours import Neighbours
from loglm_bridge.model.context.windowed_batch import WindowedBatch
from loglm_bridge.model.event_batch import FLOW, ParsedBatch
from loglm_bridge.model.explanation_summary import summary
from loglm_bridge.model.features.compiled_rules import CompiledRule
from loglm_bridge.model.features.rule_evidence import rule_evidence
from loglm_bridge.model.features.rule_matcher import LEVEL_WEIGHTS
from loglm_bridge.model.flow.flow_classifier import FlowClassifier
from loglm_bridge.model.flow.flow_event import FlowEvent, to_flow_event
from loglm_bridge.model.flow.flow_features import features
from loglm_bridge.model.flow.flow_records import records_of
from loglm_bridge.telemetry import canonicaliser, parse_record
from loglm_bridge.telemetry.record import CanonicalEvent, Field, Record

#: Maximum fields that are tried, and that are named; canonical order puts the most informative ones first.
MAX_TRIED = 24
MAX_NAMED = 5

#: Maximum characters of a value in an explanation.
_MAX_VALUE = 120

#: Digits of effects and shares.
_DIGITS = 4

#: Returns the outcomes of canonical events.
Classify = Callable[[Sequence[CanonicalEvent]], Sequence[Outcome]]


class RuleMatch(NamedTuple):
    """A matching rule: its number in the model, the rule, and the fields that satisfy it."""

    number: int
    rule: CompiledRule
    evidence: Sequence[Field]

    def to_dict(self) -> dict[str, Any]:
        """Return the rule as an explanation names it."""
        named = [{"name": name, "value": value[:_MAX_VALUE]} for name, value in self.evidence[:MAX_NAMED]]
        return {**self.rule.to_dict(), "because": named}


@dataclass(frozen=True)
class Explainer:
    """Explains verdicts of a classifier and, on flows, of a flow classifier (None: the former classifies them)."""

    classifier: EventClassifier
    flows: FlowClassifier | None
    neighbours: Neighbours

    def explain(self, batch: ParsedBatch, windowed: WindowedBatch, index: int, verdict: Verdict) -> dict[str, Any]:
        """Return {"summary", "kind", "rules", "fields", "context", "neighbours"} of the verdict on an event of a batch.

        `summary` is text for people. `rules` are the most severe first. `fields` are {"name", "value", "effect",
        "share"}, the largest effect first; those without effect are left out. Fields of a flow are tried in its window,
        those of any other event without context. `context` is present where it changed the score. Raises ModelFailed.
        """
        event, own = batch.events[index], batch.outcomes[index].outcome
        record = parse_record(event)
        canonical = self.classifier.rule_matcher.mark(canonicaliser.canonicalise(record, event))
        matches = self._matches(canonical)
        if self.flows and batch.parsed[index].event_type.family == FLOW:
            flow, (window, position) = to_flow_event(batch.parsed[index], event), windowed.window_of(index)
            fields = flow_fields(self.flows, flow, window, position)
            (alone,) = self.flows.scores(features(window[[position]], np.ones(1, dtype=np.int64)))
        else:
            fields, alone = event_fields(record, canonical, matches, own, self.classifier.outcomes), own.score
        explanation = {
            "kind": f"{canonical.family} {canonical.kind}".strip(),
            "rules": [match.to_dict() for match in matches[:MAX_NAMED]],
            "fields": fields,
            **({} if alone == verdict.score else {"context": {"alone": alone, "together": verdict.score}}),
            "neighbours": self.neighbours.nearest(own.vector),
        }
        return {"summary": summary(explanation), **explanation}

    def _matches(self, event: CanonicalEvent) -> list[RuleMatch]:
        """Return the matching rules, the most severe first."""
        matcher = self.classifier.rule_matcher
        order = sorted(event.rules, key=lambda index: (-LEVEL_WEIGHTS.get(matcher.rules[index].level, 0.0), index))
        return [RuleMatch(index, matcher.rules[index], rule_evidence(matcher, index, event)) for index in order]


def event_fields(
    record: Record, event: CanonicalEvent, matches: Sequence[RuleMatch], own: Outcome, classify: Classify
) -> list[dict[str, Any]]:
    """Return the influential fields of a canonical event with matched rules, whose outcome is `own`.

    Without a field, the rules that it satisfies do not match either.
    """
    tried = event.fields[:MAX_TRIED]
    resting = [(match.number, _canonical_names(record, match.evidence)) for match in matches]
    without = [
        replace(
            event.without_field(i),
            rules=tuple(sorted(rule for rule, names in resting if event.fields[i][0] not in names)),
        )
        for i in range(len(tried))
    ]
    others = classify(without) if tried else ()
    logged = _logged_values(record)
    shown = [(name, logged.get(name, value)) for name, value in tried]
    return _influential(shown, own.logit, [other.logit for other in others])


def _canonical_names(record: Record, evidence: Iterable[Field]) -> frozenset[str]:
    """Return the canonical names of the fields that satisfy a rule."""
    names = {name for name, _ in evidence}
    for name, value in evidence:
        names.add(canonicaliser.canonical_field(record.event_type, name, value).name)
    return frozenset(names)


def _logged_values(record: Record) -> Mapping[str, str]:
    """Return the value as logged behind each canonical name, the first one of several."""
    values: dict[str, str] = {}
    for name, value in record.fields[: canonicaliser.MAX_RECORD_FIELDS]:
        values.setdefault(canonicaliser.canonical_field(record.event_type, name, value).name, value)
    return values


def flow_fields(flows: FlowClassifier, flow: FlowEvent, window: np.ndarray, position: int) -> list[dict[str, Any]]:
    """Return the influential fields of a flow at a position in its window of RECORDs. Raises ModelFailed."""
    fields = flow.to_fields()
    occluded = records_of([flow.without(name) for name in fields], [0] * len(fields))
    windows = np.tile(window, (1 + len(fields), 1))
    for name in ("own", "dest", "src_port", "dest_port"):
        windows[name][1:, position] = occluded[name]
    rows = features(windows.ravel(), np.full(len(windows), len(window)))[position :: len(window)]
    own, *others = _logits(flows.scores(rows))
    return _influential(list(fields.items()), own, others)


def _logits(scores: Iterable[float]) -> list[float]:
    """Return the log-odds of scores."""
    bounded = np.clip(np.asarray(list(scores), dtype=np.float64), 1e-6, 1 - 1e-6)
    return [float(logit) for logit in np.log(bounded / (1.0 - bounded))]


def _influential(fields: Sequence[Field], own: float, others: Sequence[float]) -> list[dict[str, Any]]:
    """Return the fields with the largest effect, given the logit `own` and the logits without each field.

    `share` is a field's part of all effects that raise the logit; 0 for a field that lowers it.
    """
    effects = [round(own - other, _DIGITS) for other in others]
    raising = sum(effect for effect in effects if effect > 0)
    ranked = sorted(zip(effects, fields, strict=True), key=lambda pair: (-abs(pair[0]), pair[1]))
    return [
        {
            "name": name,
            "value": value[:_MAX_VALUE],
            "effect": effect,
            "share": round(max(effect, 0.0) / raising, _DIGITS) if raising else 0.0,
        }
        for effect, (name, value) in ranked[:MAX_NAMED]
        if effect != 0.0
    ]
