"""Finds the events on which the model fails, so that all other events of the batch keep their verdicts.

A call that fails returns, so the batch is bisected down to single events: few calls for few failing events. A call
that hangs loses its thread and its deadline. After the first one the events are tried in parts, then one by one where a
part hangs: that costs fewer threads than bisection. All parts are tried before any of them is searched, and the search
ends after a few deadlines or hanging threads, so that failing events do not cost their neighbours' verdicts.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from math import isqrt
from typing import NamedTuple

from loglm_bridge.contract.errors import NotReady
from loglm_bridge.contract.event import Event
from loglm_bridge.sidecar.inference.model_call import EncodedVerdict, error_result
from loglm_bridge.sidecar.inference.quarantine import Quarantine
from loglm_bridge.sidecar.inference.watchdog import HungError
from loglm_bridge.sidecar.logs import details

HUNG = error_result("the model did not answer for this event in time; it is quarantined")
CRASHED = error_result("the model failed on this event; it is quarantined")
NO_MEMORY = error_result("the model had not enough memory for this event")
BAD_SEQUENCE = error_result("the model failed on this sequence, but on none of its events alone")
QUARANTINED = error_result("the model hung or failed on this event before; it is quarantined")
TIMED_OUT = error_result("the model was too slow on this batch to come to this event")

#: Results of events that the search found no verdict for.
WITHHELD = frozenset((HUNG, CRASHED, NO_MEMORY, TIMED_OUT))

#: A single event gets this share of a batch's deadline.
_EVENT_SHARE = 0.2

#: The search ends after this many deadlines; events that it did not reach are TIMED_OUT.
_MAX_DEADLINES = 3

#: Events of a batch that hangs which are tried one by one at once.
_FEW = 16

#: Failed events without a valid verdict between them after which the model itself is tested.
_SUSPICIOUS_FAILURES = 8

log = logging.getLogger(__name__)


class _Part(NamedTuple):
    """Events that were tried together: their results, or the error where they hung."""

    events: Sequence[Event]
    results: list[EncodedVerdict]
    error: HungError | None = None


@dataclass
class FaultIsolation:
    """The search within one batch.

    `call` labels events within a number of seconds. `check_model` raises if the model fails its self-test,
    `check_hung` raises if too many calls hang.
    """

    call: Callable[[Sequence[Event], float], Awaitable[list[EncodedVerdict]]]
    check_model: Callable[[], Awaitable[None]]
    check_hung: Callable[[], None]
    quarantine: Quarantine
    deadline: float
    failed: int = 0
    labelled: int = 0
    _ends: float = field(init=False)

    def __post_init__(self) -> None:
        self._ends = time.monotonic() + _MAX_DEADLINES * self.deadline

    async def run(self, events: Sequence[Event], error: Exception) -> list[EncodedVerdict]:
        """Return the results of a batch that failed with `error`; failing events get one of WITHHELD.

        Raises:
            ModelFailed: the model fails on its own self-test, so no event is the cause.
        """
        results = await self._search(events, error)
        if not self.labelled and self.failed < _SUSPICIOUS_FAILURES:
            await self.check_model()
        for event, result in zip(events, results, strict=True):
            if result == CRASHED:
                self._quarantine(event, "crashed")
        return results

    async def _search(self, events: Sequence[Event], error: Exception) -> list[EncodedVerdict]:
        if len(events) == 1:
            return [await self._attribute_failure(events[0], error)]
        hung = isinstance(error, HungError)
        seconds = self.deadline * (_EVENT_SHARE if hung else 1.0)
        # all parts first, then those that hung: few hanging events must not keep the others from being tried
        parts = [await self._try(part, seconds) for part in (_parts(events) if hung else _halves(events))]
        results: list[EncodedVerdict] = []
        for part in parts:
            results += part.results if part.error is None else await self._search(part.events, part.error)
        return results

    async def _try(self, events: Sequence[Event], seconds: float) -> _Part:
        if time.monotonic() > self._ends or not self._may_call():
            return _Part(events, [TIMED_OUT] * len(events))
        try:
            results = await self.call(events, seconds)
        except HungError as error:
            return _Part(events, [], error)
        except Exception as error:  # noqa: BLE001 (a model may raise anything)
            # at once: the error's traceback may hold much memory
            return _Part(events, await self._search(events, error))
        self.labelled += len(events)
        return _Part(events, results)

    def _may_call(self) -> bool:
        """Return whether the model may be called; its replacement is begun where too many calls hang in it.

        The batch goes on without: its other events keep the verdicts that they have.
        """
        try:
            self.check_hung()
        except NotReady:
            return False
        return True

    async def _attribute_failure(self, event: Event, error: Exception) -> EncodedVerdict:
        """Return the result of a single event that failed with `error`."""
        self.failed += 1
        if self.failed == _SUSPICIOUS_FAILURES and not self.labelled:
            await self.check_model()
        if isinstance(error, MemoryError):
            return NO_MEMORY
        if isinstance(error, HungError):
            # at once: even if the search is aborted, this event must not hang again
            self._quarantine(event, "hung")
            return HUNG
        log.warning("model failed on an event", exc_info=error)
        return CRASHED

    def _quarantine(self, event: Event, reason: str) -> None:
        log.warning("event quarantined", extra=details(key=self.quarantine.add(event), reason=reason))


def _parts(events: Sequence[Event]) -> list[Sequence[Event]]:
    """Return parts of about the square root of the events; few events one by one."""
    size = isqrt(len(events)) if len(events) > _FEW else 1
    return [events[i : i + size] for i in range(0, len(events), size)]


def _halves(events: Sequence[Event]) -> list[Sequence[Event]]:
    middle = len(events) // 2
    return [events[:middle], events[middle:]]
