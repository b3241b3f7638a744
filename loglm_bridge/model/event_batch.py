"""Events as a batch of what the model knows of them: parsed, found or made anew, ready to be read in windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from loglm_bridge.contract.event import Event
from loglm_bridge.contract.windows import fill_missing_times, order_key
from loglm_bridge.contract.wire import Options
from loglm_bridge.model.classifier.event_classifier import EventClassifier
from loglm_bridge.model.classifier.outcome_cache import CachedOutcome
from loglm_bridge.model.flow import flow_records
from loglm_bridge.model.flow.flow_event import COUNTERS, ENDPOINTS, to_flow_event
from loglm_bridge.telemetry import ColumnarRecord, parse
from loglm_bridge.telemetry.fastpath.canonical_cache import CanonicalCache, CanonicalForm
from loglm_bridge.telemetry.fastpath.flow_columns import flow_columns

#: The log family that trees read.
FLOW = "flow"

_WANTED = frozenset((*ENDPOINTS, *COUNTERS))


class Flows(NamedTuple):
    """Flows of a batch: their places, rising, and as many flows.RECORDs."""

    places: np.ndarray
    records: np.ndarray


@dataclass(frozen=True)
class ParsedBatch:
    """Events, and by their places those `parsed` one by one, their `forms`, and what is `known` of each of them alone.

    Flows that were read column by column are not among the parsed, and have a form only where a vector is wanted.
    `times` and `keys` order events of one entity.
    """

    events: Sequence[Event]
    parsed: Mapping[int, ColumnarRecord]
    forms: Mapping[int, CanonicalForm]
    known: Mapping[int, CachedOutcome]
    flows: Flows
    times: Sequence[float]
    keys: Sequence[int]


class EventParser:
    """Reads events with a judge. Thread-safe. `by_trees`: flows are read as records, for trees to judge."""

    def __init__(self, judge: EventClassifier, by_trees: bool) -> None:
        self._judge, self._by_trees = judge, by_trees
        self._forms = CanonicalCache(judge.rule_matcher)
        self._found = 0

    def read(self, events: Sequence[Event], options: Options) -> ParsedBatch:
        """Return what is known of the events. Raises ModelFailed."""
        if options.sequence:
            times = fill_missing_times([event.entity for event in events], [event.time for event in events])
            keys = [order_key(event.raw) for event in events]
        else:
            times, keys = [event.time or 0.0 for event in events], [0] * len(events)
        # an explanation names alike recordings, which are found by the vector
        vectors = options.embedding or options.explain
        parts = _by_column(events, times, keys) if self._by_trees and not vectors else []
        done = {place for places, _ in parts for place in places}
        parsed = {place: parse(event) for place, event in enumerate(events) if place not in done}
        read = {place: one for place, one in parsed.items() if one.status == "ok"}
        steps = {
            p: to_flow_event(one, events[p])
            for p, one in read.items()
            if self._by_trees and one.event_type.family == FLOW
        }
        if steps:
            records = flow_records.of_steps(
                [s._replace(time=times[p]) for p, s in steps.items()], [keys[p] for p in steps]
            )
            parts.append((list(steps), records))
        forms = {p: self._forms.find(one, events[p].host) for p, one in read.items() if vectors or p not in steps}
        self._found += len(forms)
        return ParsedBatch(events, parsed, forms, self._judge.known(forms), _sorted(parts), times, keys)

    def caches(self) -> dict[str, int]:
        """Return figures of what is remembered: forms found again and made, bytes."""
        return {
            "form_cache_hits": max(0, self._found - self._forms.misses),
            "form_cache_misses": self._forms.misses,
            "form_cache_bytes": self._forms.bytes_held,
        }

    def clear(self) -> None:
        """Forget what was remembered."""
        self._forms.clear()


_Part = tuple[Sequence[int], np.ndarray]


def _by_column(events: Sequence[Event], times: Sequence[float], keys: Sequence[int]) -> list[_Part]:
    """Return the places and records of the flows that are read column by column."""
    return [
        (places, flow_records.of_columns(told, [times[place] for place in places], [keys[place] for place in places]))
        for places, told in flow_columns(events, _WANTED)
    ]


def _sorted(parts: Sequence[_Part]) -> Flows:
    places = np.array([place for part, _ in parts for place in part], dtype=np.int64)
    order = np.argsort(places)
    return Flows(places[order], flow_records.joined([records for _, records in parts]).take(order))
