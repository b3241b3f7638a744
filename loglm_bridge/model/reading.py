"""Events as a batch of what the model knows of them: parsed, found or made anew, ready to be read in windows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from loglm_bridge.contract.event import Event
from loglm_bridge.contract.sequence import windows
from loglm_bridge.contract.wire import Options
from loglm_bridge.model.forms import Forms
from loglm_bridge.model.judge import Judge
from loglm_bridge.model.known import Known
from loglm_bridge.model.recent import Recent
from loglm_bridge.model.sequence import FLOW, Seen
from loglm_bridge.model.steps import Step, step_of
from loglm_bridge.telemetry import Parsed, parse


@dataclass(frozen=True)
class Batch:
    """Events, and by their places: `parsed`, what is `known` of each alone, and each as `seen` in a window.

    Flows are known alone only where a vector is wanted; others are seen only where events are read together. Of one
    that is context and was read before there is only what is seen; of one that could not be read only what was parsed.
    """

    events: Sequence[Event]
    parsed: Mapping[int, Parsed]
    known: Mapping[int, Known]
    seen: Mapping[int, Step | Seen]

    @property
    def asked(self) -> Collection[int]:
        """The places of the events that want a verdict."""
        return {place for place, event in enumerate(self.events) if not event.context}

    def windows(self, together: bool) -> list[list[int]]:
        """Return windows of the places that are seen: of one entity where events are read `together`, else of one."""
        if not together:
            return [[place] for place in self.seen]
        places = list(self.seen)
        return [[places[i] for i in window] for window in windows([self.events[place] for place in places])]


class Reader:
    """Reads events with a judge. Thread-safe. `by_trees`: flows are read as steps, and judged by others."""

    def __init__(self, judge: Judge, by_trees: bool) -> None:
        self._judge, self._by_trees = judge, by_trees
        self._forms = Forms(judge.signatures)
        self._recent = Recent()
        self._found = 0

    def read(self, events: Sequence[Event], options: Options) -> Batch:
        """Return what is known of the events. Raises ModelFailed."""
        together = options.sequence and self._by_trees
        seen = self._recent.find(events) if together else {}
        parsed = {place: parse(event) for place, event in enumerate(events) if not event.context or place not in seen}
        read = {place: one for place, one in parsed.items() if one.status == "ok"}
        flows = {p: step_of(one, events[p]) for p, one in read.items() if self._by_trees and one.head.family == FLOW}
        # an explanation names alike recordings, which are found by the vector
        vectors = options.embedding or options.explain
        forms = {p: self._forms.find(one, events[p].host) for p, one in read.items() if vectors or p not in flows}
        self._found += len(forms)
        known = self._judge.known(forms)
        new: dict[int, Step | Seen] = {place: step for place, step in flows.items() if place not in seen}
        if together:
            new |= {
                place: Seen.of(form.canonical, known[place].outcome)
                for place, form in forms.items()
                if place not in flows and place not in seen
            }
            self._recent.keep(events, new)
        return Batch(events, parsed, known, {**seen, **new})

    def caches(self) -> dict[str, int]:
        """Return figures of what is remembered: forms found again and made, bytes."""
        return {
            "form_cache_hits": max(0, self._found - self._forms.made),
            "form_cache_misses": self._forms.made,
            "form_cache_bytes": self._forms.held,
            "recent_event_bytes": self._recent.held,
        }

    def clear(self) -> None:
        """Forget what was remembered."""
        self._forms.clear()
        self._recent.clear()
