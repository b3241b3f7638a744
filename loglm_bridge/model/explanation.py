"""Why a verdict: the fields without which it would have been another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from loglm_bridge.model.heads import Outcome
from loglm_bridge.telemetry.record import Canonical

#: Fields that are tried, and named, at most; canonical order puts the telling ones first.
MAX_TRIED = 24
MAX_NAMED = 5

#: Characters of a value that an explanation repeats.
_MAX_VALUE = 120

Score = Callable[[Sequence[Canonical]], Sequence[Outcome]]


def explain(event: Canonical, outcome: Outcome, score: Score) -> dict[str, Any]:
    """Return `{"kind", "fields": [{"name", "value", "effect"}, ...]}`, the most telling field first.

    Occlusion: `effect` is how far the score falls when the field is left out of the canonical event (Zeiler and Fergus,
    2014). Fields whose absence changes nothing are not named.
    """
    tried = event.fields[:MAX_TRIED]
    without = [event.without(i) for i in range(len(tried))]
    effects = [round(outcome.score - other.score, 6) for other in score(without)] if without else []
    ranked = sorted(zip(effects, tried, strict=True), key=lambda pair: (-abs(pair[0]), pair[1]))
    fields = [
        {"name": name, "value": value[:_MAX_VALUE], "effect": effect}
        for effect, (name, value) in ranked[:MAX_NAMED]
        if effect != 0.0
    ]
    return {"kind": f"{event.family} {event.kind}".strip(), "fields": fields}
