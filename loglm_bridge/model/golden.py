"""The golden events of a model folder: answered afresh before a model is ready, and again when it is in doubt."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from loglm_bridge.contract.errors import InvalidEvent, ModelFailed, ModelRefused
from loglm_bridge.contract.event import Event
from loglm_bridge.model import artefact
from loglm_bridge.model.heads import Outcome
from loglm_bridge.telemetry import Canonical, canonical

#: How far a golden score may lie from the recorded one, and a golden technique behind the first: one step of the last
#: decimal, which the final exponential may tip.
TOLERANCE = 1.5e-6


def check(folder: artefact.ModelFolder, judge: Callable[[Sequence[Canonical]], Sequence[Outcome]]) -> None:
    """Compare what `judge` says of the golden events with what is recorded.

    Raises:
        ModelFailed: an answer differs from the one recorded when the folder was sealed.
        ModelRefused: the folder holds no golden events, or something else in their place.
    """
    golden = _read(folder)
    fresh = judge([form for _, form, _, _ in golden])
    for outcome, (name, _, score, technique) in zip(fresh, golden, strict=True):
        confidences = dict(outcome.techniques)
        near = confidences.get(technique, 0.0) >= outcome.techniques[0][1] - TOLERANCE
        if not (abs(outcome.score - score) <= TOLERANCE and near):
            raise ModelFailed("the model answers a golden event otherwise than when it was sealed", where=name)


def _read(folder: artefact.ModelFolder) -> list[tuple[str, Canonical, float, str]]:
    """Return (id, canonical event, score, first technique) of each golden event."""
    try:
        rows = [
            (str(row["id"]), canonical(Event.from_dict(row["event"]))[1], float(row["score"]), str(row["technique"]))
            for row in folder.json(artefact.GOLDEN)
        ]
    except (InvalidEvent, KeyError, TypeError, ValueError) as error:
        raise ModelRefused(f"{artefact.GOLDEN}: not golden events ({error!r})") from error
    if not rows:
        raise ModelRefused(f"{artefact.GOLDEN}: no golden event, so nothing could be tested")
    return rows
