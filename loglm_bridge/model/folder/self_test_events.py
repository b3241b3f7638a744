"""The golden events of a model folder: answered afresh before a model is ready, and again when it is in doubt."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from loglm_bridge.contract.errors import InvalidEvent, ModelFailed, ModelRefused
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.verdict import Verdict
from loglm_bridge.model.folder import model_folder

#: How far a golden score may lie from the recorded one, and a golden technique behind the first: one step of the last
#: decimal, which the final exponential may tip.
TOLERANCE = 1.5e-6

#: Labels lone events with as many techniques as there may be.
Label = Callable[[Sequence[Event]], Sequence[Verdict]]


def rows(events: Sequence[Event], labels: Mapping[str, Label]) -> list[dict[str, Any]]:
    """Return the content of `golden.json`: what the model says of each event, by profile."""
    said = {profile: label(events) for profile, label in labels.items()}
    return [
        {
            "id": f"golden-{i}",
            "event": event.to_dict(),
            **{
                profile: {"score": verdicts[i].score, "technique": verdicts[i].techniques[0].id}
                for profile, verdicts in said.items()
            },
        }
        for i, event in enumerate(events)
    ]


def check(folder: model_folder.ModelFolder, profile: str, label: Label) -> None:
    """Compare what `label` says of the golden events with what is recorded of a profile.

    Raises:
        ModelFailed: an answer differs from the one recorded when the folder was sealed.
        ModelRefused: the folder holds no golden events, or something else in their place.
    """
    golden = _read(folder, profile)
    fresh = label([event for _, event, _, _ in golden])
    for verdict, (name, _, score, technique) in zip(fresh, golden, strict=True):
        confidences = {t.id: t.confidence for t in verdict.techniques}
        first = max(confidences.values(), default=1.0)
        near = confidences.get(technique, 0.0) >= first - TOLERANCE
        if verdict.score is None or not (abs(verdict.score - score) <= TOLERANCE and near):
            raise ModelFailed("the model answers a golden event otherwise than when it was sealed", where=name)


def _read(folder: model_folder.ModelFolder, profile: str) -> list[tuple[str, Event, float, str]]:
    """Return (id, event, score, first technique) of each golden event."""
    try:
        golden = [
            (str(row["id"]), Event.from_dict(row["event"]), float(said["score"]), str(said["technique"]))
            for row, said in ((row, row[profile]) for row in folder.json(model_folder.GOLDEN))
        ]
    except (InvalidEvent, KeyError, TypeError, ValueError) as error:
        raise ModelRefused(f"{model_folder.GOLDEN}: not golden events ({error!r})") from error
    if not golden:
        raise ModelRefused(f"{model_folder.GOLDEN}: no golden event, so nothing could be tested")
    return golden
