"""A batch of rows in requests: each event by itself, or the rows of an entity together and with its past."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import Container, Iterator, NamedTuple, Sequence

from loglm_bridge.contract.limits import MAX_BATCH_EVENTS
from loglm_bridge.contract.sequence import cut, filled, key_of
from loglm_bridge.splunk.batch import Batch
from loglm_bridge.splunk.client import split
from loglm_bridge.splunk.company import Company
from loglm_bridge.splunk.lanes import Request
from loglm_bridge.splunk.rows import Told
from loglm_bridge.splunk.settings import Settings

#: The first request about a chunk is so many times smaller than a full one: the sidecar has nothing to do before it.
FIRST = 4

#: A request may hold so many times more events where they are read together: windows cost the sidecar more a request.
_MORE = 2


class Part(NamedTuple):
    """A request about places of a batch; `ends` are the entities of whose rows the last is among them."""

    places: Sequence[int]
    request: Request
    ends: Container[str] = ()


def alone(settings: Settings, batch: Batch) -> Iterator[Part]:
    """Yield parts in which each event stands by itself."""
    told = batch.told
    for part, events in split(settings, [[i] for i in range(len(told))], lambda i: told[i].written()):
        yield Part([batch.asked[i] for i in part], Request(events))


def in_company(settings: Settings, batch: Batch, company: Company) -> Iterator[Part]:
    """Yield parts with all rows of an entity, or with whole windows of one that has too many, and its past.

    Its past goes with the first of its rows that came; what becomes of it is to be taken from where the last one is.
    """
    told = batch.told
    first = -(-settings.batch_events // FIRST)
    settings = replace(settings, batch_events=min(_MORE * settings.batch_events, MAX_BATCH_EVENTS))
    runs: dict[str, list[int]] = {}
    for i, one in enumerate(told):
        runs.setdefault(one.entity, []).append(i)
    known = company.of(runs)
    beside = {runs[entity][0]: len(entity) + len(text) for entity, text in known.items()}
    units = chain.from_iterable(_units(settings, told, entity, run) for entity, run in runs.items())
    for part, events in split(settings, units, lambda i: told[i].written(), beside, first):
        mine, entities = set(part), {told[i].entity for i in part}
        past = {entity: known[entity] for entity in entities if entity in known and runs[entity][0] in mine}
        ends = {entity for entity in entities if entity and runs[entity][-1] in mine}
        yield Part([batch.asked[i] for i in part], Request(events, past), ends)


def _units(settings: Settings, told: Sequence[Told], entity: str, run: Sequence[int]) -> Iterator[Sequence[int]]:
    """Yield which events of an entity have to stay together: all, where they fit a request well, else each window.

    As they came: the past is of the last that came.
    """
    if not entity:
        yield from ([i] for i in run)
    elif len(run) <= settings.batch_events and sum([len(told[i].raw) for i in run]) <= settings.batch_bytes // 2:
        yield run
    else:
        entities = [entity] * len(run)
        keys = [key_of(told[i].raw) for i in run]
        windows = cut(entities, filled(entities, [told[i].epoch for i in run]), keys)
        yield from sorted([run[place] for place in sorted(window)] for window in windows)
