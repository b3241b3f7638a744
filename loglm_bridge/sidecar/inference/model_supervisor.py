"""The model's life: loaded, tested, watched, loaded again when it fails, given up when that does not help."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from loglm_bridge.contract.errors import NotReady
from loglm_bridge.sidecar.inference.model_backend import Model
from loglm_bridge.sidecar.inference.watchdog import MAX_STUCK, Watchdog
from loglm_bridge.sidecar.logs import details
from loglm_bridge.sidecar.metrics import Metrics

#: Batches in a row without one valid answer after which the model is not ready.
MAX_STRIKES = 3

#: Restarts within an hour before the process gives up; the pauses between them double up to a minute.
MAX_RESTARTS, _WITHIN_SECONDS, _FIRST_PAUSE, _LONGEST_PAUSE = 10, 3_600.0, 1.0, 60.0

log = logging.getLogger(__name__)


class ModelSupervisor:
    """Holds the one model. `load` blocks, returns a tested model or raises ModelRefused or ModelFailed.

    `give_up` is called once when the model cannot be brought back. `clock` is for tests.
    """

    def __init__(
        self,
        load: Callable[[], Model],
        watchdog: Watchdog,
        metrics: Metrics,
        give_up: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._load, self._watchdog, self._metrics, self._give_up = load, watchdog, metrics, give_up
        self._clock = clock
        self._model: Model | None = None
        self._reason = "loading"
        self._strikes = 0
        self._restarts: deque[float] = deque(maxlen=MAX_RESTARTS)
        self._restarting: asyncio.Task[None] | None = None

    @property
    def reason(self) -> str:
        """Why no requests are taken: loading, failed, hung, stopping; empty when ready."""
        return self._reason

    @property
    def last(self) -> Model | None:
        """The model that answers or answered last, None before the first is loaded."""
        return self._model

    def ready_model(self) -> Model:
        """Return the model. Raises NotReady where no requests are taken."""
        if self._reason or self._model is None:
            raise NotReady(f"the sidecar is not ready: {self._reason}")
        return self._model

    async def start(self) -> None:
        """Load the model for the first time. Raises what loading raises."""
        self._model = await self._watchdog.call(self._load)
        if self._reason == "loading":  # a stop may have come meanwhile
            self._reason = ""

    def stop(self) -> None:
        """Take no more requests; those that were taken are still answered."""
        self._reason = "stopping"
        if self._restarting:
            self._restarting.cancel()

    def close(self) -> None:
        """Give back the model, unless calls still run in it."""
        if self._model is not None and not self._watchdog.running:
            self._model.close()

    def success(self) -> None:
        """A batch had a valid answer."""
        self._strikes = 0

    def strike(self) -> None:
        """A batch had no valid answer and the model fails its own test."""
        self._strikes += 1
        if self._strikes >= MAX_STRIKES:
            self._fail("failed")

    def check_stuck(self) -> None:
        """Raise NotReady, and have the model replaced, where too many calls hang in it."""
        if self._watchdog.stuck >= MAX_STUCK:
            self._fail("hung")
            raise NotReady(f"the sidecar is not ready: {self._reason}")

    def _fail(self, reason: str) -> None:
        if not self._reason:
            self._reason = reason
            log.error("model is not ready", extra=details(reason=reason))
            self._restarting = asyncio.get_running_loop().create_task(self._restart())

    async def _restart(self) -> None:
        pause = _FIRST_PAUSE
        while self._may_restart():
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
            self._restarts.append(self._clock())
            self._metrics.restarts.add()
            try:
                self._model = await self._watchdog.call(self._load, _LONGEST_PAUSE)
            except Exception:
                log.warning("model restart failed", exc_info=True)
                continue
            # calls that hang do so in the old model's locks
            self._watchdog.forgive()
            self._strikes = 0
            self._reason = ""
            log.info("model restarted", extra=details(restarts=len(self._restarts)))
            return
        log.error("model given up", extra=details(restarts=len(self._restarts)))
        self._give_up()

    def _may_restart(self) -> bool:
        full = len(self._restarts) == MAX_RESTARTS
        return not full or self._clock() - self._restarts[0] > _WITHIN_SECONDS


def loader(load: Callable[..., Model], *arguments: Any) -> Callable[[], Model]:
    """Return a function that loads a model and tests it on its golden events."""

    def tested() -> Model:
        model = load(*arguments)
        model.self_test()
        return model

    return tested
