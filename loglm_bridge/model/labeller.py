"""Labels events: parsing, classification, context and explanation with the parts of one model folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from loglm_bridge.contract.entity_state import EntityState
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.limits import MAX_TOP
from loglm_bridge.contract.verdict import FLAGGED_VERDICTS, Verdict
from loglm_bridge.contract.wire import ModelId, Options
from loglm_bridge.model.classifier.event_classifier import EventClassifier
from loglm_bridge.model.classifier.neighbours import load_neighbours
from loglm_bridge.model.classifier.outcome_cache import CachedOutcome
from loglm_bridge.model.classifier.score_scale import MALICIOUS, SUSPICIOUS
from loglm_bridge.model.collection_pause import collection_paused
from loglm_bridge.model.context import entity_state
from loglm_bridge.model.context.context import load_context_model
from loglm_bridge.model.context.windowed_batch import WindowedBatch
from loglm_bridge.model.event_batch import FLOW, EventParser, ParsedBatch
from loglm_bridge.model.explanation import Explainer
from loglm_bridge.model.features.rule_matcher import RuleMatcher
from loglm_bridge.model.folder import model_folder, self_test_events
from loglm_bridge.model.inspection import Inspector
from loglm_bridge.telemetry import ColumnarRecord, byte_cache
from loglm_bridge.telemetry.fastpath import json_layouts, xml_layouts


class Labeller:
    """A loaded model. Thread-safe: it may label in several threads at a time."""

    def __init__(self, folder: model_folder.ModelFolder, threads: int = 1, profile: str = model_folder.BASE) -> None:
        name = folder.id.name if profile == model_folder.BASE else f"{folder.id.name}-{profile}"
        self.id: ModelId = folder.id._replace(name=name)
        self._folder, self._profile = folder, profile
        self._classifier = EventClassifier(folder, profile, threads)
        self._context = load_context_model(folder, self._classifier.config, threads)
        flows = self._context.flows if self._context else None
        self._explainer = Explainer(self._classifier, flows, load_neighbours(folder, self._classifier.width))
        self._parser = EventParser(self._classifier, flow_trees=self._context is not None)
        self._inspector = Inspector(self._classifier.tokenizer, self._classifier.rule_matcher)

    @classmethod
    def load(cls, folder: Path, threads: int = 1, profile: str = model_folder.BASE) -> Labeller:
        """Verify and load a model folder as one of model_folder.PROFILES, with `threads` per inference.

        Raises:
            ModelRefused: the folder does not match its manifest, its parts do not fit together, or it has no such
                profile.
        """
        with collection_paused():
            return cls(model_folder.ModelFolder.open(folder), threads, profile)

    def label(self, events: Sequence[Event], options: Options, state: EntityState | None = None) -> list[Verdict]:
        """Return one verdict per event, in order. Equal verdicts are mostly one object.

        A verdict does not depend on the other events, unless `options.sequence` is set. Then the events of an entity
        are read as windows (contract/windows.py), together with those of its incoming `state`, and the outgoing state
        is written. This has no effect for a model without sequence.json.

        Raises:
            InvalidRequest: the entity state is malformed.
            ModelFailed: the encoder or the flow trees failed; no event is the cause.
        """
        batch = self._parser.parse_batch(events, options)
        windowed = self._windows(batch, options.sequence and self._context is not None, state)
        verdicts = self._verdicts(batch, windowed, options)
        if options.embedding:
            verdicts = _with(verdicts, "embedding", lambda index, _: _unit_length(batch.outcomes[index].outcome.vector))
        if options.explain:
            explain = self._explainer.explain
            verdicts = _with(verdicts, "explanation", lambda index, verdict: explain(batch, windowed, index, verdict))
        return verdicts

    @property
    def width(self) -> int:
        """Length of an embedding."""
        return self._classifier.width

    @property
    def rule_matcher(self) -> RuleMatcher:
        """The detection rules of the model folder."""
        return self._classifier.rule_matcher

    def inspect(self, event: Event) -> dict[str, Any]:
        """Return how an event is read: model/inspection.py. Never raises on any text."""
        return self._inspector.inspect(event).to_dict()

    def describe(self) -> dict[str, Any]:
        """Return the body of GET /v1/model: identity, the manifest's cards and figures, techniques and thresholds."""
        manifest = {k: v for k, v in self._folder.manifest.items() if k != "files"}
        config = self._classifier.config
        scales = {family or "other": asdict(scale) for family, scale in sorted(config.scales.items())}
        if self._context:
            flows = self._context.flows.config
            scales |= {FLOW: asdict(flows.scale), f"{FLOW}, alone": asdict(flows.lone)}
        return {
            **manifest,
            "name": self.id.name,
            "profile": self._profile,
            "sha256": self.id.sha256,
            "techniques": len(config.techniques),
            "width": self.width,
            "thresholds": {"malicious": MALICIOUS, "suspicious": SUSPICIOUS, "unknown": config.unknown},
            "scales": scales,
        }

    def caches(self) -> dict[str, int]:
        """Return the figures of all caches: hits, misses, size."""
        return {
            **byte_cache.figures(),
            "layout_cache_bytes": json_layouts.bytes_held() + xml_layouts.bytes_held(),
            **self._parser.caches(),
            **(self._context.flows.caches() if self._context else {}),
            "outcome_cache_hits": self._classifier.cache_hits,
            "outcome_cache_misses": self._classifier.cache_misses,
            "outcome_cache_events": self._classifier.cached_events,
        }

    def self_test(self) -> None:
        """Label the golden events without any cache.

        Raises:
            ModelFailed: a verdict differs from the one recorded when the folder was sealed.
            ModelRefused: the folder holds no valid golden events.
        """
        self_test_events.check(self._folder, self._profile, self.label_uncached)

    def label_uncached(self, events: Sequence[Event]) -> list[Verdict]:
        """Return verdicts on single events with MAX_TOP techniques, without any cache. Raises ModelFailed."""
        twin = copy(self)
        twin._classifier = self._classifier.without_cache()
        twin._context = self._context and self._context.without_cache()
        twin._parser = EventParser(twin._classifier, flow_trees=self._context is not None)
        return twin.label(events, Options(top=MAX_TOP))

    def close(self) -> None:
        """Clear all caches."""
        self._classifier.clear()
        self._parser.clear()
        if self._context:
            self._context.flows.clear()

    def _windows(self, batch: ParsedBatch, by_entity: bool, state: EntityState | None) -> WindowedBatch:
        if not by_entity:
            return WindowedBatch.single_events(batch)
        incoming = entity_state.decode(state.incoming if state else {}, self.id.sha256)
        windowed = WindowedBatch.by_entity(batch, incoming)
        if state:
            state.outgoing.update(entity_state.encode(windowed.state, self.id.sha256))
        return windowed

    def _verdicts(self, batch: ParsedBatch, windowed: WindowedBatch, options: Options) -> list[Verdict]:
        """Return the verdicts on the events of a batch, without embeddings and explanations."""
        verdicts, outcomes = dict[int, Verdict](), batch.outcomes
        if self._context:
            verdicts = self._context.classify_flows(windowed, options)
            outcomes = {**outcomes, **self._context.boosted(windowed, outcomes)}
        for index, record in batch.parsed.items():
            if index not in verdicts:
                verdicts[index] = _verdict(record, outcomes.get(index), options)
            elif record.truncated:
                verdicts[index] = verdicts[index]._replace(truncated=True)
        return [verdicts[index] for index in range(len(batch.events))]


def _with(verdicts: Sequence[Verdict], name: str, value: Callable[[int, Verdict], Any]) -> list[Verdict]:
    """Return verdicts in which a field is set to `value(index, verdict)` where the status is ok."""
    return [
        verdict._replace(**{name: value(index, verdict)}) if verdict.status == "ok" else verdict
        for index, verdict in enumerate(verdicts)
    ]


def _verdict(record: ColumnarRecord, cached: CachedOutcome | None, options: Options) -> Verdict:
    if cached is not None:
        top = 0 if options.brief and cached.outcome.verdict not in FLAGGED_VERDICTS else options.top
        return cached.verdict(top, record.truncated)
    if record.status == "empty":
        return Verdict(status="empty", detail="nothing to read")
    return Verdict(status=record.status, truncated=record.truncated, detail="no field could be made of it")


def _unit_length(vector: np.ndarray) -> tuple[float, ...]:
    length = float((vector.astype("float64") ** 2).sum()) ** 0.5 or 1.0
    return tuple(round(float(x) / length, 6) for x in vector)
