"""The golden events of a model folder: labelled before a model is ready, and again when it may be broken."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from loglm_bridge.contract.errors import InvalidEvent, ModelFailed, ModelRefused
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.verdict import Verdict
from loglm_bridge.model.folder import model_folder

#: Maximum difference between a golden score and the recorded one, and between the confidences of the recorded technique
#: and of the first one: one step of the last decimal, which the final exponential may change.
TOLERANCE = 1.5e-6

#: Labels single events with the maximum number of techniques.
Label = Callable[[Sequence[Event]], Sequence[Verdict]]


def rows(events: Sequence[Event], labels: Mapping[str, Label]) -> list[dict[str, Any]]:
    """Return the content of `golden.json`: for each event the score and first technique by profile."""
    verdicts_by_profile = {profile: label(events) for profile, label in labels.items()}
    return [
        {
            "id": f"golden-{i}",
            "event": event.to_dict(),
            **{
                profile: {"score": verdicts[i].score, "technique": verdicts[i].techniques[0].id}
                for profile, verdicts in verdicts_by_profile.items()
            },
        }
        for i, event in enumerate(events)
    ]


def check(folder: model_folder.ModelFolder, profile: str, label: Label) -> None:
    """Compare the verdicts of `label` on the golden events with those recorded for a profile.

    Raises:
        ModelFailed: a verdict differs from the one recorded when the folder was sealed.
        ModelRefused: the folder holds no valid golden events.
    """
    golden = _read(folder, profile)
    verdicts = label([event for _, event, _, _ in golden])
    for verdict, (name, _, score, technique) in zip(verdicts, golden, strict=True):
        confidences = {t.id: t.confidence for t in verdict.techniques}
        highest = max(confidences.values(), default=1.0)
        same_technique = confidences.get(technique, 0.0) >= highest - TOLERANCE
        if verdict.score is None or not (abs(verdict.score - score) <= TOLERANCE and same_technique):
            raise ModelFailed("the verdict on a golden event differs from the recorded one", where=name)


def _read(folder: model_folder.ModelFolder, profile: str) -> list[tuple[str, Event, float, str]]:
    """Return (id, event, score, first technique) of each golden event."""
    try:
        golden = [
            (
                str(row["id"]),
                Event.from_dict(row["event"]),
                float(row[profile]["score"]),
                str(row[profile]["technique"]),
            )
            for row in folder.json(model_folder.GOLDEN)
        ]
    except (InvalidEvent, KeyError, TypeError, ValueError) as error:
        raise ModelRefused(f"{model_folder.GOLDEN}: not golden events ({error!r})") from error
    if not golden:
        raise ModelRefused(f"{model_folder.GOLDEN}: no golden events, so the model cannot be tested")
    return golden
