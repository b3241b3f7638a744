"""Finds the events on which the model fails, so that the others of their batch keep their labels.

A failure comes back, so the batch is halved until single events are left: few calls for few bad events. A hang does
not: its thread is lost and its deadline spent, so after the first one the events are tried one by one, and every bad
event costs one more thread instead of one a halving. All of it ends after a few deadlines.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from loglm_bridge.contract.event import Event
from loglm_bridge.sidecar.inference.model_call import EncodedVerdict, withheld
from loglm_bridge.sidecar.inference.quarantine import Quarantine
from loglm_bridge.sidecar.inference.watchdog import HungError
from loglm_bridge.sidecar.logs import details

HUNG = withheld("the model did not answer for this event in time; it is quarantined")
CRASHED = withheld("the model failed on this event; it is quarantined")
NO_MEMORY = withheld("the model had not enough memory for this event")
BAD_SEQUENCE = withheld("the model failed on this sequence, but on none of its events alone")
QUARANTINED = withheld("the model hung or failed on this event before; it is quarantined")
LATE = withheld("the model was too slow on this batch to come to this event")
WITHHELD = frozenset((HUNG, CRASHED, NO_MEMORY, LATE))

#: One event alone gets this part of a batch's deadline.
_EVENT_PART = 0.2

#: A search ends after so many deadlines; events that it did not come to are LATE.
_SEARCH_DEADLINES = 3

#: Events in a row without a valid answer before the model itself comes under suspicion.
_SUSPICIOUS = 8

log = logging.getLogger(__name__)


@dataclass
class FaultIsolation:
    """One batch's search.

    `call` labels events within so many seconds, `suspect` raises if the model fails its self-test, `check_stuck`
    raises if too many calls hang.
    """

    call: Callable[[Sequence[Event], float], Awaitable[list[EncodedVerdict]]]
    suspect: Callable[[], Awaitable[None]]
    check_stuck: Callable[[], None]
    quarantine: Quarantine
    deadline: float
    bad: int = 0
    good: int = 0
    until: float = field(init=False)

    def __post_init__(self) -> None:
        self.until = time.monotonic() + _SEARCH_DEADLINES * self.deadline

    async def run(self, events: Sequence[Event], error: Exception) -> list[EncodedVerdict]:
        """Return the answers of a batch that failed with `error`: WITHHELD ones for the events to blame.

        Raises:
            ModelFailed: it is not the events but the model.
            NotReady: too many calls hang.
        """
        answers = await self._search(events, error)
        if not self.good and self.bad < _SUSPICIOUS:
            await self.suspect()
        for event, answer in zip(events, answers, strict=True):
            if answer == CRASHED:
                self._hold(event, "crashed")
        return answers

    async def _search(self, events: Sequence[Event], error: Exception) -> list[EncodedVerdict]:
        if len(events) == 1:
            return [await self._blame(events[0], error)]
        parts = [[e] for e in events] if isinstance(error, HungError) else _halves(events)
        seconds = self.deadline * (_EVENT_PART if isinstance(error, HungError) else 1.0)
        answers = []
        for part in parts:
            answers += await self._try(part, seconds)
        return answers

    async def _try(self, events: Sequence[Event], seconds: float) -> list[EncodedVerdict]:
        self.check_stuck()
        if time.monotonic() > self.until:
            return [LATE] * len(events)
        try:
            answers = await self.call(events, seconds)
        except Exception as error:  # noqa: BLE001 (what a model may raise is not known here)
            return await self._search(events, error)
        self.good += len(events)
        return answers

    async def _blame(self, event: Event, error: Exception) -> EncodedVerdict:
        self.bad += 1
        if self.bad == _SUSPICIOUS and not self.good:
            await self.suspect()
        if isinstance(error, MemoryError):
            return NO_MEMORY
        if isinstance(error, HungError):
            # at once: should the search end here, the event must not do this again
            self._hold(event, "hung")
            return HUNG
        log.warning("model failed on an event", exc_info=error)
        return CRASHED

    def _hold(self, event: Event, why: str) -> None:
        log.warning("event quarantined", extra=details(key=self.quarantine.add(event), why=why))


def _halves(events: Sequence[Event]) -> list[Sequence[Event]]:
    middle = len(events) // 2
    return [events[:middle], events[middle:]]
