"""`heads.json`: the names of the outputs, and the calibration of each log family."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from loglm_bridge.contract.errors import ModelRefused
from loglm_bridge.model.classifier.score_scale import ScoreScale


@dataclass(frozen=True)
class HeadConfig:
    """The content of `heads.json`.

    `techniques` names the outputs. `scales` are the scores' scales by log family; "" is that of all others. The
    maliciousness net is bounded: its logit x becomes `bound` * tanh(x / (2 * `bound`)). Confidences are multiplied
    by score ** `gate`. Below the logit `floor` no event is malicious: an own rule of level medium has to match, or
    more than one of a lower level. From the logit `ceiling` on an event is malicious in every family: it is the
    lowest that an event with an own rule of level high has. An event that is neither malicious nor suspicious is
    unknown above the novelty `unknown`.

    Novelty is the share of familiar events that lie nearer to a prototype. `novelty_quantiles` are the distances of
    familiar events at equal steps. Events of a log family that is not among the training `families` have novelty 1.
    """

    techniques: tuple[str, ...]
    families: tuple[str, ...]
    gate: float
    bound: float
    floor: float
    ceiling: float
    unknown: float
    novelty_quantiles: tuple[float, ...]
    scales: Mapping[str, ScoreScale]

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> HeadConfig:
        """Read `heads.json`. Raises ModelRefused where a key is absent or not a number."""
        try:
            numbers = {k: float(data[k]) for k in _NUMBERS}
            techniques = _names(data["techniques"])
            families = _names(data["families"])
            quantiles = tuple(float(q) for q in data["novelty_quantiles"])
            scales = {str(family): ScoreScale.of(one) for family, one in data["scales"].items()}
            all_numbers = [*numbers.values(), *quantiles]
            if not np.isfinite(all_numbers).all():
                raise ValueError("a number is not finite")
            if "" not in scales:
                raise ValueError("no scale for families without their own")
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ModelRefused(f"heads.json: {error!r}") from error
        return cls(techniques=techniques, families=families, novelty_quantiles=quantiles, scales=scales, **numbers)

    def to_dict(self) -> dict[str, Any]:
        """Return the content of `heads.json`."""
        return {
            "techniques": list(self.techniques),
            "families": list(self.families),
            **{k: getattr(self, k) for k in _NUMBERS},
            "novelty_quantiles": list(self.novelty_quantiles),
            "scales": {family: asdict(scale) for family, scale in self.scales.items()},
        }

    def scale(self, family: str) -> ScoreScale:
        """Return the scale of a log family."""
        return self.scales.get(family) or self.scales[""]


def _names(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError(f"expected a list, got {value!r:.40}")
    return tuple(str(name) for name in value)


_NUMBERS = ("gate", "bound", "floor", "ceiling", "unknown")
