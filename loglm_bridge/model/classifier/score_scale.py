"""The score's scale: how seldom an ordinary event of a log family has so high a logit.

The scale is anchored at four logits. Between them and beyond them the share of ordinary events is log-linear in the
logit, as the tail of a logistic score is; so the score rises with the logit everywhere. It means the same in every
family: 0.5 is about one ordinary event in a hundred, 0.9 one in a thousand, 0.99 one in ten thousand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields
from typing import Any

import numpy as np

#: Scores at the anchors, and where verdicts begin.
LOW, SUSPICIOUS, MALICIOUS, CERTAIN = 0.05, 0.5, 0.9, 0.99

#: Shares of ordinary events that reach the anchors.
SHARES = {"low": 0.1, "suspicious": 1e-2, "malicious": 1e-3, "certain": 1e-4}

#: Logits that two anchors are at least apart.
MIN_GAP = 1e-3


@dataclass(frozen=True)
class ScoreScale:
    """The logits at which the score of a log family is LOW, SUSPICIOUS, MALICIOUS and CERTAIN, ascending.

    A technique's confidence is softmax(logit / `temperature`).
    """

    low: float
    suspicious: float
    malicious: float
    certain: float
    temperature: float = 1.0

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> ScoreScale:
        """Read a scale. Raises KeyError, TypeError or ValueError where it is malformed."""
        scale = cls(**{field.name: float(data[field.name]) for field in fields(cls)})
        anchors = astuple(scale)[:4]
        if not np.isfinite(astuple(scale)).all() or scale.temperature <= 0 or list(anchors) != sorted(set(anchors)):
            raise ValueError("the anchors are not ascending numbers")
        return scale

    @classmethod
    def through(cls, low: float, suspicious: float, malicious: float, certain: float, temperature: float) -> ScoreScale:
        """Return the scale of four anchors that are moved up where they are not MIN_GAP apart."""
        anchors = [low]
        for anchor in (suspicious, malicious, certain):
            anchors.append(max(anchor, anchors[-1] + MIN_GAP))
        return cls(anchors[0], anchors[1], anchors[2], anchors[3], temperature)

    def scores(self, logits: np.ndarray) -> np.ndarray:
        """Return the scores of logits, float64 in (0, 1), not yet rounded."""
        x = np.asarray(logits, dtype=np.float64)
        down = np.maximum((self.suspicious - x) / (self.suspicious - self.low), 0.0)
        between = (x - self.suspicious) / (self.malicious - self.suspicious)
        up = np.maximum((x - self.malicious) / (self.certain - self.malicious), 0.0)
        below = SUSPICIOUS * (LOW / SUSPICIOUS) ** down
        between = SUSPICIOUS + (MALICIOUS - SUSPICIOUS) * between
        above = 1.0 - (1.0 - MALICIOUS) * ((1.0 - CERTAIN) / (1.0 - MALICIOUS)) ** up
        out: np.ndarray = np.where(x < self.suspicious, below, np.where(x < self.malicious, between, above)).clip(
            0.0, 1.0
        )
        return out

    def score(self, logit: float) -> float:
        """Return the score of one logit."""
        return float(self.scores(np.array([logit]))[0])


#: The scale before any calibration.
NEUTRAL = ScoreScale(-4.0, 0.0, 4.0, 6.0)


def verdict_name(score: float, novelty: float, unknown: float) -> str:
    """Return malicious, suspicious, benign or unknown."""
    # a confident alarm stands even for a novel event; only the absence of an alarm requires a familiar one
    if score >= MALICIOUS:
        return "malicious"
    if novelty > unknown:
        return "unknown"
    return "suspicious" if score >= SUSPICIOUS else "benign"
