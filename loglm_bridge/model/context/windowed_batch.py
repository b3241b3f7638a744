"""Events gathered to be read together: those of the past, those of a batch, and the windows that they form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from loglm_bridge.model.context import entity_state
from loglm_bridge.model.context.entity_state import Seen
from loglm_bridge.model.context.evidence import Evidence
from loglm_bridge.model.context.windows import NOBODY, cut
from loglm_bridge.model.event_batch import ParsedBatch
from loglm_bridge.model.flow import flow_records

#: The place of an event of the past: it is in no batch.
PAST = -1


@dataclass(frozen=True)
class WindowedBatch:
    """Events in windows: flows, counted before others, with the place of each in its batch, or PAST.

    `order` are their numbers in the order of windows, `lengths` the windows'.
    """

    read: entity_state.Read
    places: np.ndarray
    order: np.ndarray
    lengths: np.ndarray

    @classmethod
    def alone(cls, batch: ParsedBatch) -> WindowedBatch:
        """Return the flows of a batch, each by itself. Others know what they are without a window."""
        count = len(batch.flows.places)
        read = entity_state.Read((), (), batch.flows.records, np.full(count, NOBODY), (), ())
        return cls(read, batch.flows.places, np.arange(count), np.ones(count, dtype=np.int64))

    @classmethod
    def together(cls, batch: ParsedBatch, before: entity_state.Read) -> WindowedBatch:
        """Return all of a batch that could be read, and what was before, in windows of one entity."""
        own, flow_places = batch.flows.records, batch.flows.places.tolist()
        seen, other_places = _others(batch)
        names = {name: number for number, name in enumerate(before.names)}
        entities = [
            [names.setdefault(one, len(names)) if one else NOBODY for one in [batch.events[p].entity for p in places]]
            for places in (flow_places, other_places)
        ]
        read = entity_state.Read(
            list(names),
            before.texts,
            flow_records.joined([before.flows, own]),
            np.concatenate([before.flow_entities, np.array(entities[0], dtype=np.int64)]),
            [*before.others, *seen],
            [*before.other_entities, *entities[1]],
        )
        places = np.concatenate(
            [
                np.full(len(before.flows), PAST), batch.flows.places, np.full(len(before.others), PAST),
                np.array(other_places, dtype=np.int64),
            ]
        )  # fmt: skip
        times = np.concatenate([read.flows["time"], np.array([other.time for other in read.others])])
        keys = np.concatenate([read.flows["key"], np.array([other.key for other in read.others], dtype=np.uint32)])
        numbers = np.concatenate([read.flow_entities, np.array(read.other_entities, dtype=np.int64)])
        return cls(read, places, *cut(numbers, times, keys))

    @property
    def window(self) -> np.ndarray:
        """The number of its window, for each event in the order of windows."""
        return np.repeat(np.arange(len(self.lengths)), self.lengths)

    def window_of(self, place: int) -> tuple[np.ndarray, int]:
        """Return the RECORDs of the window of the flow at a place of the batch, and its number among them."""
        count = len(self.read.flows)
        number = int(np.flatnonzero(self.places[:count] == place)[0])
        window = self.window
        mine = self.order[window == window[self.order == number]]
        mine = mine[mine < count]
        return self.read.flows[mine], int(np.flatnonzero(mine == number)[0])


def _others(batch: ParsedBatch) -> tuple[Sequence[Seen], Sequence[int]]:
    """Return what windows see of the events that are no flows, and their places."""
    read = set(batch.flows.places.tolist())
    places = [place for place in batch.forms if place not in read]
    seen = []
    for place in places:
        form, logit = batch.forms[place].canonical, batch.known[place].outcome.logit
        evidence = Evidence(logit, form.kind, frozenset(form.rules))
        seen.append(Seen(batch.times[place], batch.keys[place], form.family, evidence))
    return seen, places
