"""Divides a batch of rows into requests: events independent of each other, or grouped by entity with its state."""

from __future__ import annotations

from itertools import chain
from typing import Container, Iterator, NamedTuple, Sequence

from loglm_bridge.contract.limits import MAX_BATCH_EVENTS, MAX_RAW_BYTES
from loglm_bridge.contract.windows import cut_windows, fill_missing_times, order_key
from loglm_bridge.splunk.client.client import split_into_requests
from loglm_bridge.splunk.client.dispatcher import EncodedRequest
from loglm_bridge.splunk.config.settings import Settings
from loglm_bridge.splunk.rows.csv_records import Cells
from loglm_bridge.splunk.rows.row_mapping import EventReader
from loglm_bridge.splunk.search.entity_state_cache import EntityStateCache
from loglm_bridge.splunk.search.row_batch import RowBatch

#: The first request of a chunk is this many times smaller than a full one: the sidecar is idle until it arrives.
FIRST_BATCH_DIVISOR = 4

#: Factor on batch_events where events are read by entity: each request has a fixed cost for windows in the sidecar.
_BY_ENTITY_FACTOR = 2


class RequestBatch(NamedTuple):
    """A request about the rows at `indices` of a batch.

    `completed_entities` are the entities whose last row of the batch is among them.
    """

    indices: Sequence[int]
    request: EncodedRequest
    completed_entities: Container[str] = ()


def independent(settings: Settings, batch: RowBatch, reader: EventReader) -> Iterator[RequestBatch]:
    """Yield requests in which each event stands alone."""
    events = batch.events
    units = [[i] for i in range(len(events))]
    for part, encoded in split_into_requests(settings, units, lambda i: reader.encoded(events[i])):
        yield RequestBatch([batch.event_rows[i] for i in part], EncodedRequest(encoded))


def by_entity(
    settings: Settings, batch: RowBatch, reader: EventReader, states: EntityStateCache
) -> Iterator[RequestBatch]:
    """Yield requests with all rows of an entity, or whole windows of one that has too many, and its state.

    The state travels with the entity's first row in order of arrival; the new state is valid after its last row.
    """
    events = batch.events
    entities = list(map(reader.entity, events))
    first_limit = -(-settings.batch_events // FIRST_BATCH_DIVISOR)
    settings = settings._replace(batch_events=min(_BY_ENTITY_FACTOR * settings.batch_events, MAX_BATCH_EVENTS))
    events_of: dict[str, list[int]] = {}
    for i, entity in enumerate(entities):
        events_of.setdefault(entity, []).append(i)
    known = states.get(events_of)
    state_bytes = {events_of[entity][0]: len(entity) + len(text) for entity, text in known.items()}
    units = chain.from_iterable(_units(settings, events, reader, *item) for item in events_of.items())
    parts = split_into_requests(settings, units, lambda i: reader.encoded(events[i]), state_bytes, first_limit)
    for part, encoded in parts:
        in_part, part_entities = set(part), {entities[i] for i in part}
        state = {e: known[e] for e in part_entities if e in known and events_of[e][0] in in_part}
        completed = {e for e in part_entities if e and events_of[e][-1] in in_part}
        yield RequestBatch([batch.event_rows[i] for i in part], EncodedRequest(encoded, state), completed)


def _units(
    settings: Settings, events: Sequence[Cells], reader: EventReader, entity: str, indices: Sequence[int]
) -> Iterator[Sequence[int]]:
    """Yield which events of an entity must stay in one request: all, where they fit easily, else each window.

    In order of arrival, because the state is valid after the last event that arrived.
    """
    if not entity:
        yield from ([i] for i in indices)
    elif len(indices) <= settings.batch_events and _fit(
        settings.batch_bytes // 2, [events[i] for i in indices], reader
    ):
        yield indices
    else:
        entities = [entity] * len(indices)
        keys = [order_key(reader.raw(events[i])) for i in indices]
        times = fill_missing_times(entities, [reader.epoch(events[i]) for i in indices])
        windows = cut_windows(entities, times, keys)
        yield from sorted([indices[i] for i in sorted(window)] for window in windows)


def _fit(max_characters: int, events: Sequence[Cells], reader: EventReader) -> bool:
    certain = len(events) * (MAX_RAW_BYTES + 1) <= max_characters
    return certain or sum([len(reader.raw(cells)) for cells in events]) <= max_characters
