"""A batch of rows in requests: each event by itself, or the rows of an entity together and with its past."""

from __future__ import annotations

from itertools import chain
from typing import Container, Iterator, NamedTuple, Sequence

from loglm_bridge.contract.limits import MAX_BATCH_EVENTS, MAX_RAW_BYTES
from loglm_bridge.contract.windows import cut_windows, fill_missing_times, order_key
from loglm_bridge.splunk.client.client import split
from loglm_bridge.splunk.client.dispatcher import Request
from loglm_bridge.splunk.config.settings import Settings
from loglm_bridge.splunk.rows.csv_records import Cells
from loglm_bridge.splunk.rows.row_mapping import EventReader
from loglm_bridge.splunk.search.entity_state_cache import EntityStateCache
from loglm_bridge.splunk.search.row_batch import Batch

#: The first request about a chunk is so many times smaller than a full one: the sidecar has nothing to do before it.
FIRST = 4

#: A request may hold so many times more events where they are read together: windows cost the sidecar more a request.
_MORE = 2


class RequestBatch(NamedTuple):
    """A request about places of a batch; `ends` are the entities of whose rows the last is among them."""

    places: Sequence[int]
    request: Request
    ends: Container[str] = ()


def alone(settings: Settings, batch: Batch, read: EventReader) -> Iterator[RequestBatch]:
    """Yield parts in which each event stands by itself."""
    events = batch.events
    for part, written in split(settings, [[i] for i in range(len(events))], lambda i: read.written(events[i])):
        yield RequestBatch([batch.asked[i] for i in part], Request(written))


def in_company(
    settings: Settings, batch: Batch, read: EventReader, company: EntityStateCache
) -> Iterator[RequestBatch]:
    """Yield parts with all rows of an entity, or with whole windows of one that has too many, and its past.

    Its past goes with the first of its rows that came; what becomes of it is to be taken from where the last one is.
    """
    events = batch.events
    entities = list(map(read.entity, events))
    first = -(-settings.batch_events // FIRST)
    settings = settings._replace(batch_events=min(_MORE * settings.batch_events, MAX_BATCH_EVENTS))
    runs: dict[str, list[int]] = {}
    for i, entity in enumerate(entities):
        runs.setdefault(entity, []).append(i)
    known = company.of(runs)
    beside = {runs[entity][0]: len(entity) + len(text) for entity, text in known.items()}
    units = chain.from_iterable(_units(settings, events, read, entity, run) for entity, run in runs.items())
    for part, written in split(settings, units, lambda i: read.written(events[i]), beside, first):
        mine, theirs = set(part), {entities[i] for i in part}
        state = {entity: known[entity] for entity in theirs if entity in known and runs[entity][0] in mine}
        ends = {entity for entity in theirs if entity and runs[entity][-1] in mine}
        yield RequestBatch([batch.asked[i] for i in part], Request(written, state), ends)


def _units(
    settings: Settings, events: Sequence[Cells], read: EventReader, entity: str, run: Sequence[int]
) -> Iterator[Sequence[int]]:
    """Yield which events of an entity have to stay together: all, where they fit a request well, else each window.

    As they came: the past is of the last that came.
    """
    if not entity:
        yield from ([i] for i in run)
    elif len(run) <= settings.batch_events and _fit(settings.batch_bytes // 2, [events[i] for i in run], read):
        yield run
    else:
        entities = [entity] * len(run)
        keys = [order_key(read.raw(events[i])) for i in run]
        windows = cut_windows(entities, fill_missing_times(entities, [read.epoch(events[i]) for i in run]), keys)
        yield from sorted([run[place] for place in sorted(window)] for window in windows)


def _fit(most: int, events: Sequence[Cells], read: EventReader) -> bool:
    few = len(events) * (MAX_RAW_BYTES + 1) <= most
    return few or sum([len(read.raw(cells)) for cells in events]) <= most
