"""Evidence of the other events of a window: distinct evidence, counted once, boosts the window's strongest event.

Repeats of an event add nothing, many events without evidence take nothing away, and one false positive does not lift
its neighbours. Only the strongest event of a window is boosted, by the strongest other events of distinct kinds. Two
events are of one kind if they share a rule or, where one of them matches no rule, if their log events are of one kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

#: Decimals to which logits are rounded here, so that the last bits, which differ between machines, decide nothing.
DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Evidence:
    """An event as context of others: its maliciousness logit, the kind of its log event, the indices of its rules."""

    logit: float
    kind: str
    rules: frozenset[int]

    def is_same_kind(self, other: Evidence) -> bool:
        """Return whether both are evidence of one kind."""
        if self.rules and other.rules:
            return not self.rules.isdisjoint(other.rules)
        return self.kind == other.kind


@dataclass(frozen=True)
class ContextScoring:
    """How the other events of a window count.

    The boost is `share` times the sum of the excess of logits over `floor`, of the `max_kinds` strongest distinct kinds
    other than the strongest event's own; it is at most `bound`.
    """

    share: float
    floor: float
    max_kinds: int
    bound: float

    @classmethod
    def from_dict(cls, data: Any) -> ContextScoring:
        """Read the JSON object of `sequence.json`. Raises KeyError, TypeError or ValueError where it is malformed."""
        return cls(float(data["share"]), float(data["floor"]), int(data["most"]), float(data["bound"]))

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object of `sequence.json`."""
        return {"share": self.share, "floor": self.floor, "most": self.max_kinds, "bound": self.bound}

    def boost(self, window: Sequence[Evidence]) -> tuple[int, float]:
        """Return the index of a window's strongest event (the first of equal ones) and the boost of its logit.

        Without a boost the index is 0.
        """
        logits = [round(event.logit, DECIMALS) for event in window]
        by_strength = sorted((i for i, logit in enumerate(logits) if logit > self.floor), key=lambda i: -logits[i])
        distinct: list[int] = []
        for i in by_strength:
            if len(distinct) <= self.max_kinds and not any(window[i].is_same_kind(window[j]) for j in distinct):
                distinct.append(i)
        if len(distinct) < 2:
            return 0, 0.0
        excess = sum(logits[i] - self.floor for i in distinct[1:])
        return distinct[0], min(self.bound, self.share * excess)
