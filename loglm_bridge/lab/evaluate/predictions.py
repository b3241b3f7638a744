"""Predictions: what a model answered for labelled events, and how they are grouped."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from loglm_bridge.contract.verdict import Verdict
from loglm_bridge.lab.data.labels import RECORDING_SOURCES, has_attack_hit
from loglm_bridge.lab.data.sources import LabelledEvent

#: The source of ordinary machines.
ORDINARY_SOURCE = "evtx_baseline"


@dataclass(frozen=True, slots=True)
class Prediction:
    """A model's answer for one labelled event: `techniques` ranked (id, confidence), `vector` of unit length."""

    event: LabelledEvent
    score: float
    flagged: bool
    verdict: str
    techniques: tuple[tuple[str, float], ...]
    vector: np.ndarray

    @classmethod
    def of(cls, event: LabelledEvent, verdict: Verdict, width: int) -> Prediction:
        """Return the prediction of a verdict; without an embedding the vector is zeros of `width`."""
        vector = np.asarray(verdict.embedding or np.zeros(width), dtype=np.float32)
        techniques = tuple((t.id, t.confidence) for t in verdict.techniques)
        return cls(event, verdict.score or 0.0, verdict.malicious, verdict.verdict or "", techniques, vector)

    def to_row(self) -> dict[str, Any]:
        """Return the prediction as the scorer reads it."""
        return {
            "id": self.event.id,
            "score": self.score,
            "malicious": self.flagged,
            "techniques": [list(pair) for pair in self.techniques],
        }

    @property
    def recording(self) -> tuple[str, str]:
        """The recording of the event: (source, group)."""
        return self.event.source, self.event.group

    @property
    def is_ordinary(self) -> bool:
        """Whether the event comes from an ordinary machine."""
        return self.event.source == ORDINARY_SOURCE and self.event.label != "malicious"

    @property
    def is_recorded(self) -> bool:
        """Whether the event comes from a recording of an attack with a known technique."""
        return self.event.source in RECORDING_SOURCES and bool(self.event.techniques)

    @property
    def has_rule_hit(self) -> bool:
        """Whether a Sigma rule of level medium or above hits the event."""
        return has_attack_hit(self.event.hits)


def domain(source: str) -> str:
    """Return the name under which the events of a source are reported."""
    return "Windows" if source in RECORDING_SOURCES or source == ORDINARY_SOURCE else source


def by_recording(predictions: Iterable[Prediction]) -> dict[tuple[str, str], list[Prediction]]:
    """Return the predictions of each recording of an attack, by (source, group)."""
    groups: dict[tuple[str, str], list[Prediction]] = defaultdict(list)
    for prediction in predictions:
        if prediction.is_recorded:
            groups[prediction.recording].append(prediction)
    return dict(groups)
