"""Events in, verdicts out: telemetry, tokenizer, encoder and heads in a row, each distinct canonical event once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from loglm_bridge.contract import attack
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.sequence import windows
from loglm_bridge.contract.verdict import ALARMS, Verdict
from loglm_bridge.contract.wire import ModelId, Options
from loglm_bridge.model import artefact, golden
from loglm_bridge.model.explanation import MAX_NAMED, explain
from loglm_bridge.model.forms import Form, Forms
from loglm_bridge.model.head_config import Curve
from loglm_bridge.model.heads import Outcome
from loglm_bridge.model.judge import Judge, Known
from loglm_bridge.model.neighbours import neighbours_of
from loglm_bridge.model.recent import Recent
from loglm_bridge.model.sequence import Seen, context_of
from loglm_bridge.model.signatures import Signatures
from loglm_bridge.model.steps import step_of
from loglm_bridge.telemetry import Canonical, Parsed, canonical, parse

#: What is said of an event that is there for the others of its entity.
CONTEXT = Verdict("empty", detail="context of other events")


class Labeller:
    """A loaded model. Thread-safe: callers may label from several threads at a time."""

    def __init__(self, folder: artefact.ModelFolder, threads: int = 1, profile: str = artefact.BASE) -> None:
        named = folder.id.name if profile == artefact.BASE else f"{folder.id.name}-{profile}"
        self.id: ModelId = replace(folder.id, name=named)
        self._folder, self._profile = folder, profile
        self._judge = Judge(folder, profile, threads)
        self._neighbours = neighbours_of(folder, self._judge.width)
        self._context = context_of(folder, self._judge.config, threads)
        self._forms = Forms(self.signatures)
        self._recent = Recent()
        self._found = 0

    @classmethod
    def load(cls, folder: Path, threads: int = 1, profile: str = artefact.BASE) -> Labeller:
        """Verify and load a model folder as one of artefact.PROFILES; `threads` is how many one inference may use.

        Raises:
            ModelRefused: the folder does not match its manifest, its parts do not fit together, or it has no such
                profile.
        """
        return cls(artefact.ModelFolder.open(folder), threads, profile)

    def label(self, events: Sequence[Event], options: Options) -> list[Verdict]:
        """Return one verdict for each event, in order.

        An event's verdict does not depend on the others, unless `options.sequence` asks for it: then the events of one
        `entity` are read together (contract/sequence.py). It has no effect on a model without sequence.json.
        Context events have CONTEXT. Equal verdicts are mostly one object.

        Raises:
            ModelFailed: an encoder failed; no event is to blame.
        """
        together = options.sequence and self._context is not None
        seen = self._recent.find(events) if together else {}
        parsed = {place: parse(event) for place, event in enumerate(events) if not event.context or place not in seen}
        forms = {
            place: self._forms.find(read, events[place].host) for place, read in parsed.items() if read.status == "ok"
        }
        self._found += len(forms)
        known = self._judge.known(forms)
        changed = self._in_context(events, parsed, forms, known, seen, options)
        return [
            CONTEXT
            if event.context
            else self._verdict(event, parsed[place], known.get(place), changed.get(place), options)
            for place, event in enumerate(events)
        ]

    @property
    def width(self) -> int:
        """Numbers of an embedding."""
        return self._judge.width

    @property
    def signatures(self) -> Signatures:
        """The detection rules that events are marked with."""
        return self._judge.signatures

    def describe(self) -> dict[str, Any]:
        """Return what GET /v1/model answers: identity, the manifest's cards and figures, what the heads know."""
        manifest = {k: v for k, v in self._folder.manifest.items() if k != "files"}
        config = self._judge.config
        return {
            **manifest,
            "name": self.id.name,
            "profile": self._profile,
            "sha256": self.id.sha256,
            "techniques": len(config.techniques),
            "width": self.width,
            "thresholds": {"unknown": config.unknown, **_thresholds(config.curve(""))},
            "families": {family: _thresholds(curve) for family, curve in config.curves.items() if family},
        }

    def caches(self) -> dict[str, int]:
        """Return figures of what is remembered: forms found again and made, outcomes recalled and computed, bytes."""
        return {
            "form_cache_hits": max(0, self._found - self._forms.made),
            "form_cache_misses": self._forms.made,
            "form_cache_bytes": self._forms.held,
            "outcome_cache_hits": self._judge.recalled,
            "outcome_cache_misses": self._judge.judged,
            "outcome_cache_events": self._judge.held,
            "recent_event_bytes": self._recent.held,
        }

    def self_test(self) -> None:
        """Label the golden events afresh, past every cache.

        Raises:
            ModelFailed: an answer differs from the one recorded when the folder was sealed.
            ModelRefused: the folder holds no golden events, or something else in their place.
        """
        golden.check(self._folder, self._profile, self.outcomes)

    def close(self) -> None:
        """Forget what was remembered."""
        self._judge.clear()
        self._forms.clear()
        self._recent.clear()

    def outcomes(self, forms: Sequence[Canonical]) -> list[Outcome]:
        """Mark canonical events with their rules and return their outcomes, past the cache. Raises ModelFailed."""
        return self._judge.outcomes([self.signatures.mark(form) for form in forms])

    def _in_context(
        self,
        events: Sequence[Event],
        parsed: Mapping[int, Parsed],
        forms: Mapping[int, Form],
        known: Mapping[int, Known],
        seen: dict[int, Seen],
        options: Options,
    ) -> dict[int, Outcome]:
        """Return the outcomes that context changed, by place; `seen` is what is known already. Raises ModelFailed."""
        context, together = self._context, options.sequence
        if context is None:
            return {}
        new = {
            place: Seen(form.canonical, step_of(parsed[place], events[place]), known[place].outcome)
            for place, form in forms.items()
            if place not in seen and (together or context.reads(form.canonical.family))
        }
        if together:
            self._recent.keep(events, new)
        every = {**seen, **new}
        places = list(every)
        cut = windows([events[place] for place in places]) if together else [[i] for i in range(len(places))]
        asked = {place for place in places if not events[place].context}
        return context.outcomes(every, [[places[i] for i in window] for window in cut], asked, options.top)

    def _verdict(
        self, event: Event, read: Parsed, known: Known | None, changed: Outcome | None, options: Options
    ) -> Verdict:
        if read.status == "empty":
            return Verdict(status="empty", detail="nothing to read")
        if known is None:
            return Verdict(status=read.status, truncated=read.truncated, detail="no field could be made of it")
        outcome = changed or known.outcome
        if outcome is not known.outcome or options.embedding or options.explain:
            explanation = self._explanation(event, known.outcome, outcome) if options.explain else None
            return _written(outcome, options, read.truncated, explanation)
        wanted = _named(outcome, options), read.truncated
        verdict = known.verdicts.get(wanted)
        if verdict is None:
            verdict = known.verdicts[wanted] = _written(outcome, options, read.truncated, None)
        return verdict

    def _explanation(self, event: Event, own: Outcome, outcome: Outcome) -> dict[str, Any]:
        """Explain an event's verdict; only what it is without context, `own`, can be told field by field."""
        form = self.signatures.mark(canonical(event)[1])
        rules = (self.signatures.rules[i] for i in form.rules[:MAX_NAMED])
        return {
            **explain(form, own, self.outcomes),
            **({} if outcome is own else {"context": {"alone": own.score, "together": outcome.score}}),
            "rules": [{"id": r.name, "level": r.level, "techniques": list(r.techniques)} for r in rules],
            "neighbours": self._neighbours.nearest(outcome.vector),
        }


def _written(outcome: Outcome, options: Options, truncated: bool, explanation: dict[str, Any] | None) -> Verdict:
    return Verdict(
        status="ok",
        score=outcome.score,
        verdict=outcome.verdict,
        techniques=tuple(attack.technique(t, c) for t, c in outcome.techniques[: _named(outcome, options)]),
        novelty=outcome.novelty,
        truncated=truncated,
        embedding=_unit(outcome) if options.embedding else None,
        explanation=explanation,
    )


def _named(outcome: Outcome, options: Options) -> int:
    """Return how many techniques the outcome's verdict names at most."""
    return 0 if options.brief and outcome.verdict not in ALARMS else options.top


def _thresholds(curve: Curve) -> dict[str, float]:
    return {"malicious": curve.malicious, "suspicious": curve.suspicious}


def _unit(outcome: Outcome) -> tuple[float, ...]:
    length = float((outcome.vector.astype("float64") ** 2).sum()) ** 0.5 or 1.0
    return tuple(round(float(x) / length, 6) for x in outcome.vector)
