"""Events in, verdicts out: telemetry, tokenizer, encoder, heads and trees in a row, each distinct event once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from pathlib import Path
from typing import Any

import numpy as np

from loglm_bridge.contract.entity_state import EntityState
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.limits import MAX_TOP
from loglm_bridge.contract.verdict import FLAGGED_VERDICTS, Verdict
from loglm_bridge.contract.wire import ModelId, Options
from loglm_bridge.model.classifier.event_classifier import EventClassifier
from loglm_bridge.model.classifier.head_config import Curve
from loglm_bridge.model.classifier.neighbours import load_neighbours
from loglm_bridge.model.classifier.outcome_cache import CachedOutcome
from loglm_bridge.model.context import entity_state as entity_states
from loglm_bridge.model.context.context import load_context_model
from loglm_bridge.model.context.windowed_batch import WindowedBatch
from loglm_bridge.model.event_batch import FLOW, EventParser, ParsedBatch
from loglm_bridge.model.explanation import Explainer
from loglm_bridge.model.features.rule_matcher import RuleMatcher
from loglm_bridge.model.folder import model_folder, self_test_events
from loglm_bridge.telemetry import ColumnarRecord


class Labeller:
    """A loaded model. Thread-safe: callers may label from several threads at a time."""

    def __init__(self, folder: model_folder.ModelFolder, threads: int = 1, profile: str = model_folder.BASE) -> None:
        named = folder.id.name if profile == model_folder.BASE else f"{folder.id.name}-{profile}"
        self.id: ModelId = folder.id._replace(name=named)
        self._folder, self._profile = folder, profile
        self._judge = EventClassifier(folder, profile, threads)
        self._context = load_context_model(folder, self._judge.config, threads)
        flows = self._context.flows if self._context else None
        self._explainer = Explainer(self._judge, flows, load_neighbours(folder, self._judge.width))
        self._reader = EventParser(self._judge, by_trees=self._context is not None)

    @classmethod
    def load(cls, folder: Path, threads: int = 1, profile: str = model_folder.BASE) -> Labeller:
        """Verify and load a model folder as one of artefact.PROFILES; `threads` is how many one inference may use.

        Raises:
            ModelRefused: the folder does not match its manifest, its parts do not fit together, or it has no such
                profile.
        """
        return cls(model_folder.ModelFolder.open(folder), threads, profile)

    def label(self, events: Sequence[Event], options: Options, state: EntityState | None = None) -> list[Verdict]:
        """Return one verdict for each event, in order.

        An event's verdict does not depend on the others, unless `options.sequence` asks for it: then the events of one
        `entity` are read together (contract/windows.py), and with the `past` of theirs, which is brought up to date.
        It has no effect on a model without sequence.json. Equal verdicts are mostly one object.

        Raises:
            InvalidRequest: the past is none.
            ModelFailed: an encoder or the trees failed; no event is to blame.
        """
        batch = self._reader.read(events, options)
        gathered = self._gathered(batch, options.sequence and self._context is not None, state)
        verdicts = self._verdicts(batch, gathered, options)
        if options.embedding:
            verdicts = _with(verdicts, "embedding", lambda place, _: _unit(batch.known[place].outcome.vector))
        if options.explain:
            explain = self._explainer.explain
            verdicts = _with(verdicts, "explanation", lambda place, verdict: explain(batch, gathered, place, verdict))
        return verdicts

    @property
    def width(self) -> int:
        """Numbers of an embedding."""
        return self._judge.width

    @property
    def rule_matcher(self) -> RuleMatcher:
        """The detection rules that events are marked with."""
        return self._judge.rule_matcher

    def describe(self) -> dict[str, Any]:
        """Return what GET /v1/model answers: identity, the manifest's cards and figures, what the heads know."""
        manifest = {k: v for k, v in self._folder.manifest.items() if k != "files"}
        config = self._judge.config
        curves = {family: curve for family, curve in config.curves.items() if family}
        if self._context:
            curves[FLOW] = self._context.flows.config.curve
        return {
            **manifest,
            "name": self.id.name,
            "profile": self._profile,
            "sha256": self.id.sha256,
            "techniques": len(config.techniques),
            "width": self.width,
            "thresholds": {"unknown": config.unknown, **_thresholds(config.curve(""))},
            "families": {family: _thresholds(curve) for family, curve in sorted(curves.items())},
        }

    def caches(self) -> dict[str, int]:
        """Return figures of what is remembered: forms found again and made, outcomes recalled and computed, bytes."""
        return {
            **self._reader.caches(),
            **(self._context.flows.caches() if self._context else {}),
            "outcome_cache_hits": self._judge.recalled,
            "outcome_cache_misses": self._judge.judged,
            "outcome_cache_events": self._judge.held,
        }

    def self_test(self) -> None:
        """Label the golden events afresh, past every cache.

        Raises:
            ModelFailed: an answer differs from the one recorded when the folder was sealed.
            ModelRefused: the folder holds no golden events, or something else in their place.
        """
        self_test_events.check(self._folder, self._profile, self.label_uncached)

    def label_uncached(self, events: Sequence[Event]) -> list[Verdict]:
        """Return verdicts on lone events with MAX_TOP techniques, past all that is remembered. Raises ModelFailed."""
        twin = copy(self)
        twin._judge, twin._context = self._judge.afresh(), self._context and self._context.afresh()
        twin._reader = EventParser(twin._judge, by_trees=self._context is not None)
        return twin.label(events, Options(top=MAX_TOP))

    def close(self) -> None:
        """Forget what was remembered."""
        self._judge.clear()
        self._reader.clear()
        if self._context:
            self._context.flows.clear()

    def _gathered(self, batch: ParsedBatch, together: bool, state: EntityState | None) -> WindowedBatch:
        if not together:
            return WindowedBatch.alone(batch)
        before = entity_states.read(state.incoming if state else {}, self.id.sha256)
        gathered = WindowedBatch.together(batch, before)
        if state:
            state.outgoing.update(entity_states.write(gathered.read, self.id.sha256))
        return gathered

    def _verdicts(self, batch: ParsedBatch, gathered: WindowedBatch, options: Options) -> list[Verdict]:
        """Return the verdicts on the events of a batch, without embeddings and explanations."""
        found, known = dict[int, Verdict](), batch.known
        if self._context:
            found = self._context.of_flows(gathered, options)
            known = {**known, **self._context.raised(gathered, known)}
        for place, read in batch.parsed.items():
            if place not in found:
                found[place] = _verdict(read, known.get(place), options)
            elif read.truncated:
                found[place] = found[place]._replace(truncated=True)
        return [found[place] for place in range(len(batch.events))]


def _with(verdicts: Sequence[Verdict], name: str, value: Callable[[int, Verdict], Any]) -> list[Verdict]:
    """Return verdicts with one more value, told by place and verdict, where they are ok."""
    return [
        verdict._replace(**{name: value(place, verdict)}) if verdict.status == "ok" else verdict
        for place, verdict in enumerate(verdicts)
    ]


def _verdict(parsed: ColumnarRecord, known: CachedOutcome | None, options: Options) -> Verdict:
    if known is not None:
        top = 0 if options.brief and known.outcome.verdict not in FLAGGED_VERDICTS else options.top
        return known.verdict(top, parsed.truncated)
    if parsed.status == "empty":
        return Verdict(status="empty", detail="nothing to read")
    return Verdict(status=parsed.status, truncated=parsed.truncated, detail="no field could be made of it")


def _thresholds(curve: Curve) -> dict[str, float]:
    return {"malicious": curve.malicious, "suspicious": curve.suspicious}


def _unit(vector: np.ndarray) -> tuple[float, ...]:
    length = float((vector.astype("float64") ** 2).sum()) ** 0.5 or 1.0
    return tuple(round(float(x) / length, 6) for x in vector)
