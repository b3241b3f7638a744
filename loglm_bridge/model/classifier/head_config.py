"""`heads.json`: the names of the outputs, and the calibration of each log family."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, astuple, dataclass, fields
from typing import Any

import numpy as np

from loglm_bridge.contract.errors import ModelRefused


@dataclass(frozen=True)
class Curve:
    """Calibration of one log family.

    The score is sigmoid(`slope` * logit + `offset`); a technique's confidence is softmax(logit / `temperature`). An
    event is malicious from the score `malicious` on, suspicious from `suspicious` on.
    """

    slope: float
    offset: float
    temperature: float
    malicious: float
    suspicious: float


@dataclass(frozen=True)
class HeadConfig:
    """The content of `heads.json`.

    `techniques` names the outputs. `curves` are the calibrations by log family; "" is that of every family without its
    own. The maliciousness net is bounded: its logit x becomes `bound` * tanh(x / (2 * `bound`)). Confidences are
    multiplied by score ** `gate`. An event that is neither malicious nor suspicious is unknown above the novelty
    `unknown`.

    Novelty is the share of familiar events that lie nearer to a prototype. `novelty_quantiles` are the distances of
    familiar events at equal steps. Events of a log family that is not among the training `families` have novelty 1.
    """

    techniques: tuple[str, ...]
    families: tuple[str, ...]
    gate: float
    bound: float
    unknown: float
    novelty_quantiles: tuple[float, ...]
    curves: Mapping[str, Curve]

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> HeadConfig:
        """Read `heads.json`. Raises ModelRefused where a key is absent or not a number."""
        try:
            numbers = {k: float(data[k]) for k in _NUMBERS}
            techniques = _names(data["techniques"])
            families = _names(data["families"])
            quantiles = tuple(float(q) for q in data["novelty_quantiles"])
            curves = {str(family): Curve(**{k: float(c[k]) for k in _CURVE}) for family, c in data["curves"].items()}
            all_numbers = [*numbers.values(), *quantiles, *(n for c in curves.values() for n in astuple(c))]
            if not np.isfinite(all_numbers).all():
                raise ValueError("a number is not finite")
            if "" not in curves:
                raise ValueError("no curve for families without their own")
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ModelRefused(f"heads.json: {error!r}") from error
        return cls(techniques=techniques, families=families, novelty_quantiles=quantiles, curves=curves, **numbers)

    def to_dict(self) -> dict[str, Any]:
        """Return the content of `heads.json`."""
        return {
            "techniques": list(self.techniques),
            "families": list(self.families),
            **{k: getattr(self, k) for k in _NUMBERS},
            "novelty_quantiles": list(self.novelty_quantiles),
            "curves": {family: asdict(curve) for family, curve in self.curves.items()},
        }

    def curve(self, family: str) -> Curve:
        """Return the calibration of a log family."""
        return self.curves.get(family) or self.curves[""]


def _names(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError(f"expected a list, got {value!r:.40}")
    return tuple(str(name) for name in value)


_NUMBERS = ("gate", "bound", "unknown")
_CURVE = tuple(field.name for field in fields(Curve))
