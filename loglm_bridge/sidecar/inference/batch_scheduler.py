"""Forms batches for the model out of requests, and passes them to the workers."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from loglm_bridge.contract.entity_state import EntityState
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.wire import Options
from loglm_bridge.sidecar.inference.model_call import EncodedVerdict

#: Maximum events of one call of the model: workers share larger requests, and one deadline fits all calls.
MAX_SLICE = 256

#: Slices are not cut smaller than this, and small requests are merged up to it: each call has a cost.
_MIN_SLICE = 32

Label = Callable[[Sequence[Event], Options, EntityState | None], Awaitable[list[EncodedVerdict]]]


@dataclass(frozen=True)
class _Slice:
    """Events of one request that reach the model together."""

    events: Sequence[Event]
    options: Options
    state: EntityState | None
    results: asyncio.Future[list[EncodedVerdict]]


class Scheduler:
    """A first-in first-out queue in front of `workers` concurrent calls of `label`."""

    def __init__(self, label: Label, workers: int) -> None:
        self._label, self._workers = label, workers
        self._queue: deque[_Slice] = deque()
        self._arrived = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start the workers; needs a running event loop."""
        self._tasks = [asyncio.get_running_loop().create_task(self._work()) for _ in range(self._workers)]

    def stop(self) -> None:
        """Stop the workers, even if requests are queued."""
        for task in self._tasks:
            task.cancel()

    async def run(
        self, events: Sequence[Event], options: Options, state: EntityState | None = None
    ) -> list[EncodedVerdict]:
        """Return the results of a request; `state` belongs to a sequence.

        If this is cancelled, slices that are still queued never reach the model.

        Raises:
            LogLMError: whatever `label` raises for one of its slices.
        """
        loop = asyncio.get_running_loop()
        slices = [_Slice(part, options, state, loop.create_future()) for part in self._cut(events, options)]
        self._queue.extend(slices)
        self._arrived.set()
        try:
            parts = await asyncio.gather(*(s.results for s in slices))
        finally:
            for part in slices:
                part.results.cancel()
        return [result for part in parts for result in part]

    def _cut(self, events: Sequence[Event], options: Options) -> list[Sequence[Event]]:
        if not events:
            return []
        if options.sequence:
            return [events]  # the events are each other's context
        size = self._share(len(events))
        return [events[i : i + size] for i in range(0, len(events), size)]

    async def _work(self) -> None:
        while True:
            while not self._queue:
                self._arrived.clear()
                await self._arrived.wait()
            batch = self._next_batch()
            if batch:
                await self._run(batch)

    def _next_batch(self) -> list[_Slice]:
        """Take the oldest slice, and those behind it that can share a call with it."""
        batch: list[_Slice] = []
        share = self._share(sum(len(part.events) for part in self._queue))
        while self._queue:
            following = self._queue[0]
            if not following.results.done():  # done: its client disconnected
                if batch and not _can_share_call(batch, following, share):
                    break
                batch.append(following)
            self._queue.popleft()
        return batch

    def _share(self, count: int) -> int:
        """Return how many of `count` queued events one worker takes."""
        return min(MAX_SLICE, max(_MIN_SLICE, -(-count // self._workers)))

    async def _run(self, batch: list[_Slice]) -> None:
        events = [event for part in batch for event in part.events]
        try:
            results = await self._label(events, batch[0].options, batch[0].state)
        except Exception as error:  # noqa: BLE001 (passed on to the requests, whose handlers answer and log it)
            for part in batch:
                if not part.results.done():
                    part.results.set_exception(error)
            return
        for part in batch:
            if not part.results.done():
                part.results.set_result(results[: len(part.events)])
            results = results[len(part.events) :]


def _can_share_call(batch: Sequence[_Slice], following: _Slice, share: int) -> bool:
    options = batch[0].options
    size = sum(len(part.events) for part in batch) + len(following.events)
    return size <= share and not options.sequence and following.options == options
