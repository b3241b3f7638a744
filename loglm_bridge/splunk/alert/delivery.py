"""Delivers notable and risk events to Splunk over HTTP; here what all ways of delivery share.

At least once: what may have been accepted is sent again. Events that Splunk refuses for good are skipped and counted,
so that one invalid event neither blocks the rest nor is retried for ever (docs/dev/splunk-facts.md). A busy receiver is
asked again within a budget of seconds; what is undelivered then is for the spool (spool.py).
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections import Counter, deque
from dataclasses import dataclass
from typing import Callable, Iterable, NamedTuple, Optional

from loglm_bridge.contract.errors import DeliveryError
from loglm_bridge.contract.notable import Notable

#: Seconds before the second attempt; each further wait is twice as long, up to the maximum.
_FIRST_PAUSE, _MAX_PAUSE = 0.5, 8.0

#: Maximum seconds of one request.
REQUEST_SECONDS = 20.0

#: Minimum seconds of one request, also when the budget is nearly used up.
_MIN_REQUEST_SECONDS = 2.0


#: Kind of events that an earlier run could not deliver.
KEPT = "kept"


@dataclass(frozen=True)
class Target:
    """Index and sourcetype of events, and their kind: `notable`, `risk`, or KEPT."""

    index: str
    sourcetype: str
    kind: str = "notable"


class Undelivered(NamedTuple):
    """An event that was not delivered, and where it belongs."""

    target: Target
    notable: Notable


class Delivery(ABC):
    """Delivers events, target by target.

    `sent` counts those that Splunk accepted by kind, `refused` those that it will never accept. `error` says why
    nothing more is delivered at all, `target_errors` why nothing more is delivered to one target. `notes` are remarks
    of the receiver. `seconds` is the budget for waiting and for failed requests.
    """

    def __init__(
        self,
        seconds: float,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.sent: Counter[str] = Counter()
        self.refused = 0
        self.error: Optional[DeliveryError] = None
        self.target_errors: dict[Target, DeliveryError] = {}
        self.notes: dict[str, None] = {}
        self._pending: dict[Target, deque[Notable]] = {}
        self._budget = seconds
        self._sleep, self._clock = sleep, clock

    def deliver(self, target: Target, notables: Iterable[Notable]) -> None:
        """Deliver events to a target, in their order. What fails stays undelivered, see `undelivered`."""
        queue = self._pending.setdefault(target, deque())
        queue.extend(notables)
        if queue and self.error is None and target not in self.target_errors:
            try:
                self._send(target, queue)
            except TargetRefused as error:
                self.target_errors[target] = error
            except DeliveryError as error:
                self.error = error

    def finish(self) -> None:  # noqa: B027 - only the event collector acknowledges
        """Make sure that what was accepted is not lost; called after the last event."""

    def undelivered(self) -> list[Undelivered]:
        """Return the events that were not delivered, or perhaps not, in the order of their targets."""
        return [Undelivered(target, notable) for target, queue in self._pending.items() for notable in queue]

    def forget_kept(self) -> None:
        """Forget the undelivered events of earlier runs: they are in the spool."""
        self._pending = {target: queue for target, queue in self._pending.items() if target.kind != KEPT}

    @property
    def errors(self) -> list[DeliveryError]:
        """Why events are undelivered."""
        return [*([self.error] if self.error else []), *self.target_errors.values()]

    @abstractmethod
    def _send(self, target: Target, queue: deque[Notable]) -> None:
        """Send the events of a queue, and take from its left what was accepted or refused.

        Raises:
            TargetRefused: this target accepts nothing.
            DeliveryError: nothing can be delivered at all.
        """

    def _request_seconds(self) -> float:
        """Return the maximum seconds of the next request."""
        return max(_MIN_REQUEST_SECONDS, min(REQUEST_SECONDS, self._budget))

    def _wait(self, failures: int, spent: float, wanted: Optional[float] = None) -> bool:
        """Wait before the next attempt; return False if the budget does not allow one.

        `spent` is the seconds that the failed attempt took, `wanted` those that the receiver asks to wait.
        """
        pause = min(_FIRST_PAUSE * 2 ** (failures - 1), _MAX_PAUSE) if wanted is None else wanted
        self._budget -= spent + pause
        if self._budget < 0:
            return False
        self._sleep(pause)
        return True


class TargetRefused(DeliveryError):
    """Splunk accepts no event for one index, but may accept those for others."""
