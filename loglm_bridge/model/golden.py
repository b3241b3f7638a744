"""The golden events of a model folder: answered afresh before a model is ready, and again when it is in doubt."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from loglm_bridge.contract.errors import InvalidEvent, ModelFailed, ModelRefused
from loglm_bridge.contract.event import Event
from loglm_bridge.model import artefact
from loglm_bridge.model.heads import Outcome
from loglm_bridge.telemetry import Canonical, canonical

#: How far a golden score may lie from the recorded one, and a golden technique behind the first: one step of the last
#: decimal, which the final exponential may tip.
TOLERANCE = 1.5e-6


Judge = Callable[[Sequence[Canonical]], Sequence[Outcome]]


def rows(events: Sequence[Event], judges: Mapping[str, Judge]) -> list[dict[str, Any]]:
    """Return the content of `golden.json`: what the judge of each profile says of each event."""
    forms = [canonical(event)[1] for event in events]
    said = {profile: judge(forms) for profile, judge in judges.items()}
    return [
        {
            "id": f"golden-{i}",
            "event": event.to_dict(),
            **{
                profile: {"score": outcomes[i].score, "technique": outcomes[i].techniques[0][0]}
                for profile, outcomes in said.items()
            },
        }
        for i, event in enumerate(events)
    ]


def check(folder: artefact.ModelFolder, profile: str, judge: Judge) -> None:
    """Compare what `judge` says of the golden events with what is recorded of a profile.

    Raises:
        ModelFailed: an answer differs from the one recorded when the folder was sealed.
        ModelRefused: the folder holds no golden events, or something else in their place.
    """
    golden = _read(folder, profile)
    fresh = judge([form for _, form, _, _ in golden])
    for outcome, (name, _, score, technique) in zip(fresh, golden, strict=True):
        confidences = dict(outcome.techniques)
        near = confidences.get(technique, 0.0) >= outcome.techniques[0][1] - TOLERANCE
        if not (abs(outcome.score - score) <= TOLERANCE and near):
            raise ModelFailed("the model answers a golden event otherwise than when it was sealed", where=name)


def _read(folder: artefact.ModelFolder, profile: str) -> list[tuple[str, Canonical, float, str]]:
    """Return (id, canonical event, score, first technique) of each golden event."""
    try:
        golden = [
            (str(row["id"]), canonical(Event.from_dict(row["event"]))[1], float(said["score"]), str(said["technique"]))
            for row, said in ((row, row[profile]) for row in folder.json(artefact.GOLDEN))
        ]
    except (InvalidEvent, KeyError, TypeError, ValueError) as error:
        raise ModelRefused(f"{artefact.GOLDEN}: not golden events ({error!r})") from error
    if not golden:
        raise ModelRefused(f"{artefact.GOLDEN}: no golden event, so nothing could be tested")
    return golden
