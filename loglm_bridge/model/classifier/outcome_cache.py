"""Outcomes that were found out, and the verdicts already written of them."""

from __future__ import annotations

from loglm_bridge.contract import attack
from loglm_bridge.contract.verdict import Verdict
from loglm_bridge.model.classifier.heads import Outcome


class CachedOutcome:
    """An outcome; verdicts of it are written once, so that equal ones are one object."""

    __slots__ = ("_verdicts", "outcome")

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self._verdicts: dict[tuple[int, bool], Verdict] = {}

    def verdict(self, top: int, truncated: bool) -> Verdict:
        """Return the verdict with the `top` most likely techniques on an event that was `truncated` or not."""
        wanted = top, truncated
        verdict = self._verdicts.get(wanted)
        if verdict is None:
            score, word, ranking, novelty, _, _ = self.outcome
            techniques = tuple([attack.technique(t, c) for t, c in ranking[:top]]) if top and ranking else ()
            verdict = self._verdicts[wanted] = Verdict("ok", score, word, techniques, novelty, truncated)
        return verdict
