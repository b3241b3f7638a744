"""Parses a batch of events into flow records and classified canonical events, ready to be put into windows.

Flows and all other events take different paths. Flows become records, which trees classify in their window. Other
events become canonical forms, which are classified by themselves; so do flows of a model without flow trees, and flows
whose vector is wanted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from loglm_bridge.contract.event import Event
from loglm_bridge.contract.limits import MAX_HINT
from loglm_bridge.contract.windows import fill_missing_times, order_key
from loglm_bridge.contract.wire import Options
from loglm_bridge.model.classifier.event_classifier import EventClassifier
from loglm_bridge.model.classifier.outcome_cache import CachedOutcome
from loglm_bridge.model.flow import flow_records
from loglm_bridge.model.flow.flow_event import COUNTERS, ENDPOINTS, to_flow_event
from loglm_bridge.telemetry import ColumnarRecord, parse
from loglm_bridge.telemetry.fastpath.canonical_cache import CanonicalCache, CanonicalForm
from loglm_bridge.telemetry.fastpath.flow_columns import flow_columns

#: The log family that flow trees classify.
FLOW = "flow"

_FLOW_FIELDS = frozenset((*ENDPOINTS, *COUNTERS))


class Flows(NamedTuple):
    """Flows of a batch: their indices, ascending, and their RECORDs, both (flows,)."""

    indices: np.ndarray
    records: np.ndarray


class _Order(NamedTuple):
    """What orders the events of one entity: times (epoch seconds), and order keys for equal times."""

    times: Sequence[float]
    keys: Sequence[int]

    def of(self, indices: Sequence[int]) -> tuple[list[float], list[int]]:
        """Return times and keys of some events."""
        return [self.times[i] for i in indices], [self.keys[i] for i in indices]


@dataclass(frozen=True)
class ParsedBatch:
    """A batch, with its parts by index.

    `parsed` are the events parsed one by one; flows parsed column by column are missing there. `forms` are the
    canonical forms, `outcomes` their classification by themselves; flows have them only where a vector is wanted or
    there are no flow trees. `times` and `keys` order the events of an entity.
    """

    events: Sequence[Event]
    parsed: Mapping[int, ColumnarRecord]
    forms: Mapping[int, CanonicalForm]
    outcomes: Mapping[int, CachedOutcome]
    flows: Flows
    times: Sequence[float]
    keys: Sequence[int]


class EventParser:
    """Parses batches for a classifier. Thread-safe. With `flow_trees`, flows are parsed to records for the trees."""

    def __init__(self, classifier: EventClassifier, flow_trees: bool) -> None:
        self._classifier, self._flow_trees = classifier, flow_trees
        self._forms = CanonicalCache(classifier.rule_matcher)
        self._lookups = 0

    def parse_batch(self, events: Sequence[Event], options: Options) -> ParsedBatch:
        """Return the parsed events. Raises ModelFailed."""
        order = _order(events, options.sequence)
        # an explanation names similar recordings, which are found by the vector
        needs_vectors = options.embedding or options.explain
        parts = _flows_by_column(events, order) if self._flow_trees and not needs_vectors else []
        done = {index for indices, _ in parts for index in indices}
        parsed = {index: parse(event) for index, event in enumerate(events) if index not in done}
        readable = {index: record for index, record in parsed.items() if record.status == "ok"}
        flows = {i: r for i, r in readable.items() if r.event_type.family == FLOW} if self._flow_trees else {}
        if flows:
            parts.append(_flows_one_by_one(events, flows, order))
        forms = self._canonical_forms(events, readable if needs_vectors else _without(readable, flows))
        return ParsedBatch(events, parsed, forms, self._classifier.classify(forms), _in_order(parts), *order)

    def _canonical_forms(
        self, events: Sequence[Event], records: Mapping[int, ColumnarRecord]
    ) -> dict[int, CanonicalForm]:
        self._lookups += len(records)
        return {
            index: self._forms.find(record, events[index].host[:MAX_HINT], events[index].raw)
            for index, record in records.items()
        }

    def caches(self) -> dict[str, int]:
        """Return the figures of the canonical cache: hits, misses, bytes."""
        return {
            "form_cache_hits": max(0, self._lookups - self._forms.misses),
            "form_cache_misses": self._forms.misses,
            "form_cache_bytes": self._forms.bytes_held,
        }

    def clear(self) -> None:
        """Clear the cache."""
        self._forms.clear()


#: Indices and RECORDs of some flows of a batch.
_Part = tuple[Sequence[int], np.ndarray]


def _order(events: Sequence[Event], sequence: bool) -> _Order:
    if not sequence:  # every event is a window of its own
        return _Order([event.time or 0.0 for event in events], [0] * len(events))
    times = fill_missing_times([event.entity for event in events], [event.time for event in events])
    return _Order(times, [order_key(event.raw) for event in events])


def _flows_by_column(events: Sequence[Event], order: _Order) -> list[_Part]:
    """Return the flows that can be parsed column by column."""
    return [
        (indices, flow_records.records_of_columns(columns, *order.of(indices)))
        for indices, columns in flow_columns(events, _FLOW_FIELDS)
    ]


def _flows_one_by_one(events: Sequence[Event], records: Mapping[int, ColumnarRecord], order: _Order) -> _Part:
    """Return flows that were parsed one by one."""
    indices = list(records)
    times, keys = order.of(indices)
    flows = [to_flow_event(records[i], events[i])._replace(time=time) for i, time in zip(indices, times, strict=True)]
    return indices, flow_records.records_of(flows, keys)


def _without(
    records: Mapping[int, ColumnarRecord], flows: Mapping[int, ColumnarRecord]
) -> Mapping[int, ColumnarRecord]:
    return {index: record for index, record in records.items() if index not in flows} if flows else records


def _in_order(parts: Sequence[_Part]) -> Flows:
    indices = np.array([index for part, _ in parts for index in part], dtype=np.int64)
    order = np.argsort(indices)
    return Flows(indices[order], flow_records.concatenate([records for _, records in parts]).take(order))
