"""The life cycle of the model: loaded, tested, watched, reloaded when it fails, given up when that does not help."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from loglm_bridge.contract.errors import NotReady
from loglm_bridge.sidecar.inference.model_backend import Model
from loglm_bridge.sidecar.inference.watchdog import MAX_HUNG, Watchdog
from loglm_bridge.sidecar.logs import details
from loglm_bridge.sidecar.metrics import Metrics

#: Consecutive batches without one valid verdict after which the model is not ready.
MAX_FAILURES = 3

#: Restarts within this many seconds after which the process gives up.
MAX_RESTARTS, _RESTART_WINDOW_SECONDS = 10, 3_600.0

#: Seconds before the first restart, and at most; the pause doubles each time.
_FIRST_PAUSE, _MAX_PAUSE = 1.0, 60.0

log = logging.getLogger(__name__)


class ModelSupervisor:
    """Holds the one model. `load` blocks, and returns a tested model or raises ModelRefused or ModelFailed.

    `give_up` is called once, when the model cannot be restored. `clock` is for tests.
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
        self._not_ready_reason = "loading"
        self._failures = 0
        self._restarts: deque[float] = deque(maxlen=MAX_RESTARTS)
        self._restarting: asyncio.Task[None] | None = None

    @property
    def not_ready_reason(self) -> str:
        """Why no requests are accepted: loading, failed, hung, stopping; empty when ready."""
        return self._not_ready_reason

    @property
    def last_model(self) -> Model | None:
        """The model that answers or answered last, None before the first is loaded."""
        return self._model

    def ready_model(self) -> Model:
        """Return the model. Raises NotReady while no requests are accepted."""
        if self._not_ready_reason or self._model is None:
            raise self._not_ready()
        return self._model

    async def start(self) -> None:
        """Load the model for the first time. Raises whatever `load` raises."""
        self._model = await self._watchdog.call(self._load)
        if self._not_ready_reason == "loading":  # otherwise the sidecar was stopped meanwhile
            self._not_ready_reason = ""

    def stop(self) -> None:
        """Accept no more requests; those already accepted are still answered."""
        self._not_ready_reason = "stopping"
        if self._restarting:
            self._restarting.cancel()

    def close(self) -> None:
        """Close the model, unless calls still run in it."""
        if self._model is not None and not self._watchdog.running:
            self._model.close()

    def record_success(self) -> None:
        """Note that a batch got a valid verdict."""
        self._failures = 0

    def record_failure(self) -> None:
        """Note that a batch got no valid verdict and that the model fails its self-test."""
        self._failures += 1
        if self._failures >= MAX_FAILURES:
            self._replace("failed")

    def check_hung(self) -> None:
        """Raise NotReady, and replace the model, where too many calls hang in it."""
        if self._watchdog.hung >= MAX_HUNG:
            self._replace("hung")
            raise self._not_ready()

    def _not_ready(self) -> NotReady:
        return NotReady(f"the sidecar is not ready: {self._not_ready_reason}")

    def _replace(self, reason: str) -> None:
        if not self._not_ready_reason:
            self._not_ready_reason = reason
            log.error("model is not ready", extra=details(reason=reason))
            self._restarting = asyncio.get_running_loop().create_task(self._restart())

    async def _restart(self) -> None:
        pause = _FIRST_PAUSE
        while self._may_restart():
            await asyncio.sleep(pause)
            pause = min(2 * pause, _MAX_PAUSE)
            self._restarts.append(self._clock())
            self._metrics.restarts.add()
            try:
                self._model = await self._watchdog.call(self._load, _MAX_PAUSE)
            except Exception:
                log.warning("model restart failed", exc_info=True)
                continue
            # calls that hang do so in locks of the old model
            self._watchdog.reset_hung()
            self._failures = 0
            self._not_ready_reason = ""
            log.info("model restarted", extra=details(restarts=len(self._restarts)))
            return
        log.error("model given up", extra=details(restarts=len(self._restarts)))
        self._give_up()

    def _may_restart(self) -> bool:
        if len(self._restarts) < MAX_RESTARTS:
            return True
        return self._clock() - self._restarts[0] > _RESTART_WINDOW_SECONDS


def self_testing_loader(load: Callable[..., Model], *arguments: Any) -> Callable[[], Model]:
    """Return a function that loads a model and runs its self-test."""

    def load_and_test() -> Model:
        model = load(*arguments)
        model.self_test()
        return model

    return load_and_test
