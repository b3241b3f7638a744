"""Cached classification results, and the verdicts already made from them."""

from __future__ import annotations

from loglm_bridge.contract import attack
from loglm_bridge.contract.verdict import Verdict
from loglm_bridge.model.classifier.heads import Outcome


class CachedOutcome:
    """An outcome; each verdict of it is made once, so that equal verdicts are one object."""

    __slots__ = ("_verdicts", "outcome")

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self._verdicts: dict[tuple[int, bool], Verdict] = {}

    def verdict(self, top: int, truncated: bool) -> Verdict:
        """Return the verdict with the `top` most likely techniques on an event that was `truncated` or not."""
        key = top, truncated
        verdict = self._verdicts.get(key)
        if verdict is None:
            score, name, ranking, novelty, _, _ = self.outcome
            techniques = tuple([attack.technique(t, c) for t, c in ranking[:top]]) if top and ranking else ()
            verdict = self._verdicts[key] = Verdict("ok", score, name, techniques, novelty, truncated)
        return verdict
