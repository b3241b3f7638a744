"""What the project's own rules say of techniques: logits added for each rule that matches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class RuleTechniques:
    """For some gram buckets of rules, technique indices and the logits that they add: three aligned arrays.

    Of several matching rules the one that adds most to a technique decides.
    """

    buckets: np.ndarray
    techniques: np.ndarray
    logits: np.ndarray
    _by_bucket: dict[int, list[tuple[int, float]]] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        for bucket, technique, logit in zip(
            self.buckets.tolist(), self.techniques.tolist(), self.logits.tolist(), strict=True
        ):
            self._by_bucket.setdefault(bucket, []).append((technique, logit))

    @classmethod
    def of(cls, entries: Iterable[tuple[int, int, float]]) -> RuleTechniques:
        """Return the table of (bucket, technique index, logit) entries."""
        rows = sorted(entries)
        return cls(
            np.array([bucket for bucket, _, _ in rows], dtype=np.int32),
            np.array([technique for _, technique, _ in rows], dtype=np.int32),
            np.array([logit for _, _, logit in rows], dtype=np.float32),
        )

    @classmethod
    def load(cls, arrays: Mapping[str, np.ndarray], techniques: int, buckets: int) -> RuleTechniques:
        """Read what `arrays` wrote. Raises KeyError or ValueError where it does not fit the other parts."""
        table = cls(arrays["rules.buckets"], arrays["rules.techniques"], arrays["rules.logits"])
        if len({len(table.buckets), len(table.techniques), len(table.logits)}) > 1:
            raise ValueError("the arrays of rules differ in length")
        for values, end in ((table.buckets, buckets), (table.techniques, techniques)):
            if len(values) and not 0 <= int(values.min()) <= int(values.max()) < end:
                raise ValueError("an index of rules is out of range")
        return table

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the arrays for `heads.safetensors`."""
        return {"rules.buckets": self.buckets, "rules.techniques": self.techniques, "rules.logits": self.logits}

    def add(self, logits: np.ndarray, grams: Sequence[np.ndarray]) -> np.ndarray:
        """Return technique logits (events, techniques) with what the rules among the events' buckets add."""
        out = logits.astype(np.float64)
        if self._by_bucket:
            for row, buckets in enumerate(grams):
                added: dict[int, float] = {}
                for bucket in buckets.tolist():
                    for technique, logit in self._by_bucket.get(bucket, ()):
                        added[technique] = max(added.get(technique, 0.0), logit)
                for technique, logit in added.items():
                    out[row, technique] += logit
        return out


#: No rules at all.
NO_RULE_TECHNIQUES = RuleTechniques.of(())
