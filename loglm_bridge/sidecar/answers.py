"""One call of the model under the watchdog: events in, the finished bytes of each verdict out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from loglm_bridge.contract.errors import ModelFailed
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.verdict import MODEL_STATUSES, Verdict
from loglm_bridge.contract.wire import Options, write_verdict
from loglm_bridge.sidecar.backend import Model
from loglm_bridge.sidecar.metrics import Metrics
from loglm_bridge.sidecar.watchdog import HungError, Watchdog


class Answer(NamedTuple):
    """One element of a reply: the verdict's status and its JSON."""

    status: str
    body: bytes


def withheld(detail: str) -> Answer:
    """Return the answer to an event that gets no verdict; `detail` says why."""
    return Answer("error", write_verdict(Verdict("error", detail=detail)))


@dataclass(frozen=True)
class Caller:
    """Calls the model and counts how that goes."""

    watchdog: Watchdog
    metrics: Metrics

    async def __call__(self, model: Model, events: Sequence[Event], options: Options, seconds: float) -> list[Answer]:
        """Return one answer for each event.

        Raises:
            HungError: no answer within `seconds`.
            ModelFailed: another number of verdicts, or numbers that are none.
            Exception: whatever the model raises.
        """
        started = time.monotonic()
        try:
            return await self.watchdog.call(lambda: _answers(model, events, options), seconds)
        except HungError:
            self.metrics.hung.add()
            raise
        except MemoryError:
            self.metrics.memory.add()
            raise
        except Exception:
            self.metrics.failed.add()
            raise
        finally:
            self.metrics.inference_seconds.add(time.monotonic() - started)


def _answers(model: Model, events: Sequence[Event], options: Options) -> list[Answer]:
    verdicts = model.label(events, options)
    if len(verdicts) != len(events):
        raise ModelFailed(f"the model gave {len(verdicts)} verdicts for {len(events)} events")
    # equal verdicts are mostly one object, and writing one costs more than finding it
    written = {id(verdict): verdict for verdict in verdicts}
    answers = {number: _answer(verdict) for number, verdict in written.items()}
    return [answers[id(verdict)] for verdict in verdicts]


def _answer(verdict: Verdict) -> Answer:
    numbers = (verdict.score, verdict.novelty, *(t.confidence for t in verdict.techniques))
    # NaN compares false
    if verdict.status not in MODEL_STATUSES or not all(n is None or 0.0 <= n <= 1.0 for n in numbers):
        raise ModelFailed("the model returned invalid numbers")
    # refuses what is not finite in embedding and explanation
    return Answer(verdict.status, write_verdict(verdict))
