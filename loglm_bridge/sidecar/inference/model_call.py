"""One call of the model under the watchdog: events in, the encoded verdict of each event out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from loglm_bridge.contract.entity_state import EntityState
from loglm_bridge.contract.errors import InvalidRequest, ModelFailed
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.reply import short_form, write_verdict
from loglm_bridge.contract.verdict import MODEL_STATUSES, Verdict
from loglm_bridge.contract.wire import Options
from loglm_bridge.model.adaptive_cache import AdaptiveCache
from loglm_bridge.sidecar import json_codec
from loglm_bridge.sidecar.inference.model_backend import Model
from loglm_bridge.sidecar.inference.watchdog import HungError, Watchdog
from loglm_bridge.sidecar.metrics import Metrics


class EncodedVerdict(NamedTuple):
    """One element of a reply's `results`: the verdict's status and its JSON."""

    status: str
    body: bytes


def error_result(detail: str) -> EncodedVerdict:
    """Return the result of an event that gets no verdict; `detail` is the reason."""
    return EncodedVerdict("error", write_verdict(Verdict("error", detail=detail)))


#: Maximum encoded verdicts that are cached.
_MAX_ENCODED = 16_384

#: Encoded verdicts by the identity of their verdict, which the entry keeps alive.
_EncodedCache = AdaptiveCache[int, tuple[Verdict, EncodedVerdict]]


@dataclass(frozen=True)
class ModelCall:
    """Calls the model and counts the outcomes.

    `encoded` caches verdicts in full and in short form by identity: a model mostly returns one object for equal
    verdicts, and a lookup is cheaper than encoding.
    """

    watchdog: Watchdog
    metrics: Metrics
    encoded: tuple[_EncodedCache, _EncodedCache] = field(
        default_factory=lambda: (_EncodedCache(_MAX_ENCODED), _EncodedCache(_MAX_ENCODED)), repr=False
    )

    async def __call__(
        self, model: Model, events: Sequence[Event], options: Options, state: EntityState | None, seconds: float
    ) -> list[EncodedVerdict]:
        """Return one result per event.

        Raises:
            HungError: no return within `seconds`.
            InvalidRequest: the entity state is invalid.
            ModelFailed: a wrong number of verdicts, or invalid numbers in them.
            Exception: whatever the model raises.
        """
        started = time.monotonic()
        own_state = EntityState(state.incoming) if state else None  # a call that hangs may still write to it later
        try:
            results = await self.watchdog.call(lambda: self._label(model, events, options, own_state), seconds)
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
            if state and own_state:
                state.outgoing.update(own_state.outgoing)
            return results
        finally:
            self.metrics.inference_seconds.add(time.monotonic() - started)

    def _label(
        self, model: Model, events: Sequence[Event], options: Options, state: EntityState | None
    ) -> list[EncodedVerdict]:
        verdicts = model.label(events, options, state)
        if len(verdicts) != len(events):
            raise ModelFailed(f"the model returned {len(verdicts)} verdicts for {len(events)} events")
        cache = self.encoded[options.short]
        entries = [cache.get(id(verdict)) for verdict in verdicts]
        # an identity may have been reused, so the cached verdict must be this very object
        cached = [entry[1] if entry and entry[0] is v else None for v, entry in zip(verdicts, entries, strict=True)]
        missing = {id(v): v for v, result in zip(verdicts, cached, strict=True) if result is None}
        encoded = dict(zip(missing, _encode(list(missing.values()), options.short), strict=True))
        if not (options.embedding or options.explain):  # those are large
            new_entries = {key: (verdict, encoded[key]) for key, verdict in missing.items()}
            cache.store(new_entries, hits=len(verdicts) - len(missing))
        return [result or encoded[id(verdict)] for verdict, result in zip(verdicts, cached, strict=True)]


def _encode(verdicts: Sequence[Verdict], short: bool) -> list[EncodedVerdict]:
    """Return encoded verdicts.

    Raises ModelFailed for invalid verdicts, and what `write_verdict` raises for numbers that are not finite in
    embedding and explanation.
    """
    if not all(map(_is_valid, verdicts)):
        raise ModelFailed("the model returned invalid verdicts")
    forms = [short_form(verdict) if short else None for verdict in verdicts]
    encoded = iter(json_codec.encode_each([form for form in forms if form]))
    bodies = [next(encoded) if form else write_verdict(v) for v, form in zip(verdicts, forms, strict=True)]
    return [EncodedVerdict(v.status, body) for v, body in zip(verdicts, bodies, strict=True)]


def _is_valid(verdict: Verdict) -> bool:
    score, novelty = verdict.score, verdict.novelty
    return (
        verdict.status in MODEL_STATUSES
        # comparisons with NaN are false
        and (score is None or 0.0 <= score <= 1.0)
        and (novelty is None or 0.0 <= novelty <= 1.0)
        and not [t for t in verdict.techniques if not 0.0 <= t.confidence <= 1.0]
    )
