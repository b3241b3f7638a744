"""A batch through the model, whatever the model does: hang, crash, run out of memory, return nonsense.

The rule: one bad event costs its own row, a broken model costs the batch and is noticed (RELIABILITY.md, faults 8, 9
and 16).
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
    """Labels batches with the keeper's model; `deadline` is in seconds for one batch."""

    keeper: ModelSupervisor
    caller: ModelCall
    quarantine: Quarantine
    deadline: float

    async def label(
        self, events: Sequence[Event], options: Options, state: EntityState | None = None
    ) -> list[EncodedVerdict]:
        """Return the answers of a batch, in order; see Model.label.

        Raises:
            InvalidRequest: the past is none.
            ModelFailed: the model gave no valid answer and fails its own test.
            NotReady: no model, or too many calls hang.
        """
        self.keeper.check_stuck()
        model = self.keeper.last
        if model is None:
            raise NotReady("the sidecar is not ready: loading")
        if not self.quarantine:
            return await self._label(model, events, options, state) if events else []
        free = [not self.quarantine.holds(event) for event in events]
        rest = [event for event, is_free in zip(events, free, strict=True) if is_free]
        found = iter(await self._label(model, rest, options, state) if rest else ())
        return [next(found) if is_free else QUARANTINED for is_free in free]

    async def _label(
        self, model: Model, events: Sequence[Event], options: Options, state: EntityState | None
    ) -> list[EncodedVerdict]:
        try:
            answers = await self.caller(model, events, options, state, self.deadline)
        except InvalidRequest:
            raise
        except Exception as error:  # noqa: BLE001 (what a model may raise is not known here; the search logs it)
            answers = await self._isolate(model, events, options, state, error)
        self.keeper.success()
        return answers

    async def _isolate(
        self, model: Model, events: Sequence[Event], options: Options, state: EntityState | None, error: Exception
    ) -> list[EncodedVerdict]:
        alone = options._replace(sequence=False)
        search = FaultIsolation(
            call=lambda part, seconds: self.caller(model, part, alone, None, seconds),
            suspect=lambda: self._suspect(model),
            check_stuck=self.keeper.check_stuck,
            quarantine=self.quarantine,
            deadline=self.deadline,
        )
        answers = await search.run(events, error)
        return await self._sequence(model, events, options, state, answers) if options.sequence else answers

    async def _sequence(
        self,
        model: Model,
        events: Sequence[Event],
        options: Options,
        state: EntityState | None,
        answers: list[EncodedVerdict],
    ) -> list[EncodedVerdict]:
        """Read the events that are not to blame as the sequence that was asked for: alone, their verdicts differ."""
        rest = [event for event, answer in zip(events, answers, strict=True) if answer not in WITHHELD]
        try:
            found: Iterator[EncodedVerdict] = iter(
                await self.caller(model, rest, options, state, self.deadline) if rest else ()
            )
        except Exception:
            log.exception("model failed on a sequence")
            found = repeat(BAD_SEQUENCE)
        return [answer if answer in WITHHELD else next(found) for answer in answers]

    async def _suspect(self, model: Model) -> None:
        """Raise ModelFailed if the model fails its own test too; otherwise the events were to blame."""
        try:
            await self.caller.watchdog.call(model.self_test, self.deadline)
        except Exception as error:
            log.exception("model fails its self-test")
            self.keeper.strike()
            raise ModelFailed("the model gave no valid answer and fails its self-test") from error
