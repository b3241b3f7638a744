"""One call of the model under the watchdog: events in, the finished bytes of each verdict out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from loglm_bridge.contract.errors import InvalidRequest, ModelFailed
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.past import Past
from loglm_bridge.contract.reply import write_verdict
from loglm_bridge.contract.verdict import MODEL_STATUSES, Verdict
from loglm_bridge.contract.wire import Options
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


#: Answers that are kept written; then all are forgotten.
_MOST_WRITTEN = 16_384


_Written = dict[int, tuple[Verdict, Answer]]


@dataclass(frozen=True)
class Caller:
    """Calls the model and counts how that goes.

    `written` holds answers, whole and short ones, by the identity of their verdict, which it keeps alive: a model gives
    equal verdicts mostly as one object, and writing one costs more than finding it.
    """

    watchdog: Watchdog
    metrics: Metrics
    written: tuple[_Written, _Written] = field(default_factory=lambda: ({}, {}), repr=False)

    async def __call__(
        self, model: Model, events: Sequence[Event], options: Options, past: Past | None, seconds: float
    ) -> list[Answer]:
        """Return one answer for each event.

        Raises:
            HungError: no answer within `seconds`.
            InvalidRequest: the past is none.
            ModelFailed: another number of verdicts, or numbers that are none.
            Exception: whatever the model raises.
        """
        started = time.monotonic()
        own = Past(past.told) if past else None  # a call that hangs may yet write into it
        try:
            answers = await self.watchdog.call(lambda: self._answers(model, events, options, own), seconds)
        except HungError:
            self.metrics.hung.add()
            raise
        except InvalidRequest:
            raise
        except MemoryError:
            self.metrics.memory.add()
            raise
        except Exception:
            self.metrics.failed.add()
            raise
        else:
            if past and own:
                past.left.update(own.left)
            return answers
        finally:
            self.metrics.inference_seconds.add(time.monotonic() - started)

    def _answers(self, model: Model, events: Sequence[Event], options: Options, past: Past | None) -> list[Answer]:
        verdicts = model.label(events, options, past)
        if len(verdicts) != len(events):
            raise ModelFailed(f"the model gave {len(verdicts)} verdicts for {len(events)} events")
        get, answers = self.written[options.short].get, []
        for verdict in verdicts:
            known = get(id(verdict))
            same = known is not None and known[0] is verdict
            answers.append(known[1] if same else self._write(verdict, options.short))  # type: ignore[index]  # not None
        return answers

    def _write(self, verdict: Verdict, short: bool) -> Answer:
        written, answer = self.written[short], _answer(verdict, short)
        if verdict.embedding is None and verdict.explanation is None:
            if len(written) >= _MOST_WRITTEN:
                written.clear()
            written[id(verdict)] = verdict, answer
        return answer


def _answer(verdict: Verdict, short: bool) -> Answer:
    if not _sound(verdict):
        raise ModelFailed("the model returned invalid numbers")
    # refuses what is not finite in embedding and explanation
    return Answer(verdict.status, write_verdict(verdict, short))


def _sound(verdict: Verdict) -> bool:
    score, novelty = verdict.score, verdict.novelty
    return (
        verdict.status in MODEL_STATUSES
        # NaN compares false
        and (score is None or 0.0 <= score <= 1.0)
        and (novelty is None or 0.0 <= novelty <= 1.0)
        and not [t for t in verdict.techniques if not 0.0 <= t.confidence <= 1.0]
    )
