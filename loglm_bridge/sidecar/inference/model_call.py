"""One call of the model under the watchdog: events in, the finished bytes of each verdict out."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import orjson

from loglm_bridge.contract.entity_state import EntityState
from loglm_bridge.contract.errors import InvalidRequest, ModelFailed
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.reply import short_form, write_verdict
from loglm_bridge.contract.verdict import MODEL_STATUSES, Verdict
from loglm_bridge.contract.wire import Options
from loglm_bridge.model.adaptive_cache import Cache
from loglm_bridge.sidecar.inference.model_backend import Model
from loglm_bridge.sidecar.inference.watchdog import HungError, Watchdog
from loglm_bridge.sidecar.metrics import Metrics


class EncodedVerdict(NamedTuple):
    """One element of a reply: the verdict's status and its JSON."""

    status: str
    body: bytes


def withheld(detail: str) -> EncodedVerdict:
    """Return the answer to an event that gets no verdict; `detail` says why."""
    return EncodedVerdict("error", write_verdict(Verdict("error", detail=detail)))


#: Answers that are kept written.
_MOST_WRITTEN = 16_384

_Written = Cache[int, tuple[Verdict, EncodedVerdict]]


@dataclass(frozen=True)
class ModelCall:
    """Calls the model and counts how that goes.

    `written` holds answers, whole and short ones, by the identity of their verdict, which it keeps alive: a model gives
    equal verdicts mostly as one object, and writing one costs more than finding it.
    """

    watchdog: Watchdog
    metrics: Metrics
    written: tuple[_Written, _Written] = field(
        default_factory=lambda: (_Written(_MOST_WRITTEN), _Written(_MOST_WRITTEN)), repr=False
    )

    async def __call__(
        self, model: Model, events: Sequence[Event], options: Options, state: EntityState | None, seconds: float
    ) -> list[EncodedVerdict]:
        """Return one answer for each event.

        Raises:
            HungError: no answer within `seconds`.
            InvalidRequest: the past is none.
            ModelFailed: another number of verdicts, or numbers that are none.
            Exception: whatever the model raises.
        """
        started = time.monotonic()
        own = EntityState(state.incoming) if state else None  # a call that hangs may yet write into it
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
            if state and own:
                state.outgoing.update(own.outgoing)
            return answers
        finally:
            self.metrics.inference_seconds.add(time.monotonic() - started)

    def _answers(
        self, model: Model, events: Sequence[Event], options: Options, state: EntityState | None
    ) -> list[EncodedVerdict]:
        verdicts = model.label(events, options, state)
        if len(verdicts) != len(events):
            raise ModelFailed(f"the model gave {len(verdicts)} verdicts for {len(events)} events")
        written = self.written[options.short]
        kept = [written.get(id(verdict)) for verdict in verdicts]
        found = [own[1] if own and own[0] is verdict else None for verdict, own in zip(verdicts, kept, strict=True)]
        new = {id(verdict): verdict for verdict, answer in zip(verdicts, found, strict=True) if answer is None}
        answers = _write(list(new.values()), options.short)
        fresh = dict(zip(new, answers, strict=True))
        if not (options.embedding or options.explain):  # those are large
            written.keep(dict(zip(new, zip(new.values(), answers, strict=True), strict=True)), len(verdicts) - len(new))
        return [answer or fresh[id(verdict)] for verdict, answer in zip(verdicts, found, strict=True)]


def _write(verdicts: Sequence[Verdict], short: bool) -> list[EncodedVerdict]:
    """Return the answers of verdicts. Raises ModelFailed where they hold what is none."""
    if not all(map(_sound, verdicts)):
        raise ModelFailed("the model returned invalid numbers")
    return [EncodedVerdict(v.status, body) for v, body in zip(verdicts, _bodies(verdicts, short), strict=True)]


def _bodies(verdicts: Sequence[Verdict], short: bool) -> Iterator[bytes]:
    """Yield what is written of verdicts: short forms all at once, which takes a third of the time.

    Raises what `write_verdict` does, which refuses what is not finite in embedding and explanation.
    """
    forms = [short_form(verdict) if short else None for verdict in verdicts]
    lists = [form for form in forms if form]
    parts = orjson.dumps(lists)[2:-2].split(b"],[") if lists else []
    if len(parts) != len(lists):
        raise ModelFailed("the model returned names that are none")
    written = iter(parts)
    for verdict, form in zip(verdicts, forms, strict=True):
        yield b"[%b]" % next(written) if form else write_verdict(verdict)


def _sound(verdict: Verdict) -> bool:
    score, novelty = verdict.score, verdict.novelty
    return (
        verdict.status in MODEL_STATUSES
        # NaN compares false
        and (score is None or 0.0 <= score <= 1.0)
        and (novelty is None or 0.0 <= novelty <= 1.0)
        and not [t for t in verdict.techniques if not 0.0 <= t.confidence <= 1.0]
    )
