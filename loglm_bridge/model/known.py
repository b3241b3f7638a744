"""Outcomes that were found out, and the verdicts already written of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from loglm_bridge.contract import attack
from loglm_bridge.contract.verdict import Verdict
from loglm_bridge.model.heads import Outcome


@dataclass(slots=True, eq=False)
class Known:
    """An outcome; verdicts of it are written once, so that equal ones are one object."""

    outcome: Outcome
    _verdicts: dict[tuple[int, bool], Verdict] = field(default_factory=dict)

    def verdict(self, top: int, truncated: bool) -> Verdict:
        """Return the verdict with the `top` most likely techniques on an event that was `truncated` or not."""
        wanted = top, truncated
        verdict = self._verdicts.get(wanted)
        if verdict is None:
            outcome = self.outcome
            techniques = tuple([attack.technique(t, c) for t, c in outcome.techniques[:top]])
            verdict = self._verdicts[wanted] = Verdict(
                "ok", outcome.score, outcome.verdict, techniques, outcome.novelty, truncated
            )
        return verdict
