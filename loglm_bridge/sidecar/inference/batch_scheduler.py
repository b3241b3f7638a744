"""Forms batches for the model out of requests and hands them to the workers."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from loglm_bridge.contract.entity_state import EntityState
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.wire import Options
from loglm_bridge.sidecar.inference.model_call import EncodedVerdict

#: Events of one call of the model: large requests are cut, so that workers share them and a deadline fits all calls.
MAX_SLICE = 256

#: Nothing is cut smaller than this, and small requests are put together up to it: a call costs, too.
_MIN_SLICE = 32

Label = Callable[[Sequence[Event], Options, EntityState | None], Awaitable[list[EncodedVerdict]]]


@dataclass(frozen=True)
class _Slice:
    events: Sequence[Event]
    options: Options
    state: EntityState | None
    answers: asyncio.Future[list[EncodedVerdict]]


class Scheduler:
    """A first-in first-out queue in front of `workers` calls of `label` at a time."""

    def __init__(self, label: Label, workers: int) -> None:
        self._label, self._workers = label, workers
        self._waiting: deque[_Slice] = deque()
        self._arrived = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start the workers; needs a running event loop."""
        self._tasks = [asyncio.get_running_loop().create_task(self._work()) for _ in range(self._workers)]

    def stop(self) -> None:
        """Stop the workers, whatever still waits."""
        for task in self._tasks:
            task.cancel()

    async def run(
        self, events: Sequence[Event], options: Options, state: EntityState | None = None
    ) -> list[EncodedVerdict]:
        """Return the answers of a request; a `past` is that of a sequence.

        Cancelled, what is not yet with the model never gets there.

        Raises:
            LogLMError: what `label` raises for one of its slices.
        """
        loop = asyncio.get_running_loop()
        slices = [_Slice(part, options, state, loop.create_future()) for part in self._cut(events, options)]
        self._waiting.extend(slices)
        self._arrived.set()
        try:
            parts = await asyncio.gather(*(s.answers for s in slices))
        finally:
            for part in slices:
                part.answers.cancel()
        return [answer for part in parts for answer in part]

    def _cut(self, events: Sequence[Event], options: Options) -> list[Sequence[Event]]:
        if not events:
            return []
        if options.sequence:
            return [events]  # the events are each other's context
        size = self._share(len(events))
        return [events[i : i + size] for i in range(0, len(events), size)]

    async def _work(self) -> None:
        while True:
            while not self._waiting:
                self._arrived.clear()
                await self._arrived.wait()
            batch = self._next()
            if batch:
                await self._run(batch)

    def _next(self) -> list[_Slice]:
        """Take the oldest slice and those behind it that can share a call with it."""
        batch: list[_Slice] = []
        share = self._share(sum(len(part.events) for part in self._waiting))
        while self._waiting:
            following = self._waiting[0]
            if not following.answers.done():  # done: its client left
                if batch and not _together(batch, following, share):
                    break
                batch.append(following)
            self._waiting.popleft()
        return batch

    def _share(self, count: int) -> int:
        """Return how many of `count` waiting events one worker takes."""
        return min(MAX_SLICE, max(_MIN_SLICE, -(-count // self._workers)))

    async def _run(self, batch: list[_Slice]) -> None:
        events = [event for part in batch for event in part.events]
        try:
            answers = await self._label(events, batch[0].options, batch[0].state)
        except Exception as error:  # noqa: BLE001 (handed to the requests, whose rim answers and logs it)
            for part in batch:
                if not part.answers.done():
                    part.answers.set_exception(error)
            return
        for part in batch:
            if not part.answers.done():
                part.answers.set_result(answers[: len(part.events)])
            answers = answers[len(part.events) :]


def _together(batch: Sequence[_Slice], following: _Slice, share: int) -> bool:
    options = batch[0].options
    size = sum(len(part.events) for part in batch) + len(following.events)
    return size <= share and not options.sequence and following.options == options
