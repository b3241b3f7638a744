"""What the other events of a window say: distinct evidence, counted once, for the window's strongest event.

A hundred repeats say no more than one, a long dull window takes nothing away, and one false alarm carries none of its
neighbours: only the strongest event of a window is raised, by the strongest of the others that are evidence of another
kind. Events of one kind are those that share a rule or, where one of them has none, are of one kind of log event.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

#: Decimals of a logit here, so that no last bit of another machine decides which evidence is the stronger.
DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Evidence:
    """An event as its company sees it: its logit of malice, the kind of log event, the numbers of its rules."""

    logit: float
    kind: str
    rules: frozenset[int]

    def same(self, other: Evidence) -> bool:
        """Tell whether both are of one kind."""
        if self.rules and other.rules:
            return not self.rules.isdisjoint(other.rules)
        return self.kind == other.kind


@dataclass(frozen=True)
class ContextScoring:
    """How the others of a window count: `share` times how far the `most` strongest kinds go above `floor`, together.

    `bound` is the most that is added to a logit.
    """

    share: float
    floor: float
    most: int
    bound: float

    @classmethod
    def from_dict(cls, data: Any) -> ContextScoring:
        """Read it from `sequence.json`. Raises KeyError, TypeError or ValueError where it does not fit."""
        return cls(float(data["share"]), float(data["floor"]), int(data["most"]), float(data["bound"]))

    def raised(self, window: Sequence[Evidence]) -> tuple[int, float]:
        """Return the place of a window's strongest event, of equal ones the first, and what its logit gains."""
        logits = [round(event.logit, DECIMALS) for event in window]
        loud = sorted((i for i, logit in enumerate(logits) if logit > self.floor), key=lambda i: -logits[i])
        kinds: list[int] = []
        for i in loud:
            if len(kinds) <= self.most and not any(window[i].same(window[j]) for j in kinds):
                kinds.append(i)
        if len(kinds) < 2:
            return 0, 0.0
        return kinds[0], min(self.bound, self.share * sum(logits[i] - self.floor for i in kinds[1:]))
