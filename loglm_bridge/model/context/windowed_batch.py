"""A batch in windows: its own events together with those of the incoming entity state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from loglm_bridge.model.context.entity_state import ContextEvent, DecodedState
from loglm_bridge.model.context.evidence import Evidence
from loglm_bridge.model.context.windows import NO_ENTITY, cut_windows
from loglm_bridge.model.event_batch import ParsedBatch
from loglm_bridge.model.flow import flow_records

#: Batch index of an event that comes from the entity state.
FROM_STATE = -1


@dataclass(frozen=True)
class WindowedBatch:
    """Events in windows. They are numbered: all flows of `state` first, then all its other events.

    `batch_indices` (events,) are the indices in the batch, or FROM_STATE. `order` (events,) are the event numbers in
    the order of windows, `lengths` (windows,) the windows' numbers of events.
    """

    state: DecodedState
    batch_indices: np.ndarray
    order: np.ndarray
    lengths: np.ndarray

    @classmethod
    def single_events(cls, batch: ParsedBatch) -> WindowedBatch:
        """Return the flows of a batch, each in a window of its own. Other events need no window then."""
        count = len(batch.flows.indices)
        state = DecodedState((), (), batch.flows.records, np.full(count, NO_ENTITY), (), ())
        return cls(state, batch.flows.indices, np.arange(count), np.ones(count, dtype=np.int64))

    @classmethod
    def by_entity(cls, batch: ParsedBatch, incoming: DecodedState) -> WindowedBatch:
        """Return all parsed events of a batch and those of the incoming state, in windows of one entity."""
        others, other_indices = _context_events(batch)
        numbers = {entity: number for number, entity in enumerate(incoming.entities)}
        flow_entities, other_entities = [
            [numbers.setdefault(entity, len(numbers)) if entity else NO_ENTITY for entity in entities]
            for entities in (
                [batch.events[index].entity for index in batch.flows.indices.tolist()],
                [batch.events[index].entity for index in other_indices],
            )
        ]
        state = DecodedState(
            list(numbers),
            incoming.packed_flows,
            flow_records.concatenate([incoming.flows, batch.flows.records]),
            np.concatenate([incoming.flow_entities, np.array(flow_entities, dtype=np.int64)]),
            [*incoming.others, *others],
            [*incoming.other_entities, *other_entities],
        )
        batch_indices = np.concatenate(
            [
                np.full(len(incoming.flows), FROM_STATE), batch.flows.indices,
                np.full(len(incoming.others), FROM_STATE), np.array(other_indices, dtype=np.int64),
            ]
        )  # fmt: skip
        times = np.concatenate([state.flows["time"], np.array([event.time for event in state.others])])
        keys = np.concatenate([state.flows["key"], np.array([event.key for event in state.others], dtype=np.uint32)])
        entities = np.concatenate([state.flow_entities, np.array(state.other_entities, dtype=np.int64)])
        return cls(state, batch_indices, *cut_windows(entities, times, keys))

    @property
    def window(self) -> np.ndarray:
        """The index of its window, for each event in the order of windows."""
        return np.repeat(np.arange(len(self.lengths)), self.lengths)

    def window_of(self, index: int) -> tuple[np.ndarray, int]:
        """Return the RECORDs of the window of a flow, given by its batch index, and the flow's index among them."""
        count = len(self.state.flows)
        number = int(np.flatnonzero(self.batch_indices[:count] == index)[0])
        window = self.window
        members = self.order[window == window[self.order == number]]
        flows = members[members < count]
        return self.state.flows[flows], int(np.flatnonzero(flows == number)[0])


def _context_events(batch: ParsedBatch) -> tuple[Sequence[ContextEvent], Sequence[int]]:
    """Return the events of a batch that are not flows, as context, and their indices."""
    flows = set(batch.flows.indices.tolist())
    indices = [index for index in batch.forms if index not in flows]
    events = []
    for index in indices:
        canonical, logit = batch.forms[index].canonical, batch.outcomes[index].outcome.logit
        evidence = Evidence(logit, canonical.kind, frozenset(canonical.rules))
        events.append(ContextEvent(batch.times[index], batch.keys[index], canonical.family, evidence))
    return events, indices
