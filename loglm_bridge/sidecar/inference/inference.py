"""Labels a batch whatever the model does: hang, crash, run out of memory, return invalid verdicts.

A failing event costs its own row. A broken model costs the batch, and is noticed by its self-test.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat

from loglm_bridge.contract.entity_state import EntityState
from loglm_bridge.contract.errors import InvalidRequest, ModelFailed, NotReady
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.wire import Options
from loglm_bridge.sidecar.inference.fault_isolation import BAD_SEQUENCE, QUARANTINED, WITHHELD, FaultIsolation
from loglm_bridge.sidecar.inference.model_backend import Model
from loglm_bridge.sidecar.inference.model_call import EncodedVerdict, ModelCall
from loglm_bridge.sidecar.inference.model_supervisor import ModelSupervisor
from loglm_bridge.sidecar.inference.quarantine import Quarantine

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Inference:
    """Labels batches with the supervisor's model; `deadline` is in seconds for one batch."""

    supervisor: ModelSupervisor
    model_call: ModelCall
    quarantine: Quarantine
    deadline: float

    async def label(
        self, events: Sequence[Event], options: Options, state: EntityState | None = None
    ) -> list[EncodedVerdict]:
        """Return the results of a batch, in order; see Model.label.

        Raises:
            InvalidRequest: the entity state is invalid.
            ModelFailed: the model gave no valid verdict and fails its self-test.
            NotReady: no model, or too many calls hang.
        """
        self.supervisor.check_hung()
        model = self.supervisor.last_model
        if model is None:
            raise NotReady("the sidecar is not ready: loading")
        if not self.quarantine:
            return await self._label(model, events, options, state) if events else []
        withheld = [event in self.quarantine for event in events]
        rest = [event for event, is_withheld in zip(events, withheld, strict=True) if not is_withheld]
        results = iter(await self._label(model, rest, options, state) if rest else ())
        return [QUARANTINED if is_withheld else next(results) for is_withheld in withheld]

    async def _label(
        self, model: Model, events: Sequence[Event], options: Options, state: EntityState | None
    ) -> list[EncodedVerdict]:
        try:
            results = await self.model_call(model, events, options, state, self.deadline)
        except InvalidRequest:
            raise
        except Exception as error:  # noqa: BLE001 (a model may raise anything; the isolation logs it)
            results = await self._isolate(model, events, options, state, error)
        self.supervisor.record_success()
        return results

    async def _isolate(
        self, model: Model, events: Sequence[Event], options: Options, state: EntityState | None, error: Exception
    ) -> list[EncodedVerdict]:
        independent = options._replace(sequence=False)
        isolation = FaultIsolation(
            call=lambda part, seconds: self.model_call(model, part, independent, None, seconds),
            check_model=lambda: self._check_model(model),
            check_hung=self.supervisor.check_hung,
            quarantine=self.quarantine,
            deadline=self.deadline,
        )
        results = await isolation.run(events, error)
        return await self._label_sequence(model, events, options, state, results) if options.sequence else results

    async def _label_sequence(
        self,
        model: Model,
        events: Sequence[Event],
        options: Options,
        state: EntityState | None,
        results: list[EncodedVerdict],
    ) -> list[EncodedVerdict]:
        """Label the events that do not fail again, as the requested sequence: context changes their verdicts."""
        rest = [event for event, result in zip(events, results, strict=True) if result not in WITHHELD]
        try:
            in_context: Iterator[EncodedVerdict] = iter(
                await self.model_call(model, rest, options, state, self.deadline) if rest else ()
            )
        except Exception:
            log.exception("model failed on a sequence")
            in_context = repeat(BAD_SEQUENCE)
        return [result if result in WITHHELD else next(in_context) for result in results]

    async def _check_model(self, model: Model) -> None:
        """Raise ModelFailed if the model fails its self-test; otherwise the events are the cause."""
        try:
            await self.model_call.watchdog.call(model.self_test, self.deadline)
        except Exception as error:
            log.exception("model fails its self-test")
            self.supervisor.record_failure()
            raise ModelFailed("the model gave no valid verdict and fails its self-test") from error
