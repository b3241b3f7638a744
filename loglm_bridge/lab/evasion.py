"""How many flagged command lines stay flagged after the cosmetic rewrites of an attacker."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from loglm_bridge.contract.verdict import Verdict
from loglm_bridge.contract.wire import Options
from loglm_bridge.lab.rewrites import REWRITES, Rewrite, rewritten
from loglm_bridge.lab.sources import LabelledEvent
from loglm_bridge.model.labeller import Labeller

#: Rewrites put one on another for the row "three at once".
_TOGETHER = 3


@dataclass(frozen=True)
class Kept:
    """Of `events` that were above the threshold and could be rewritten, `flagged` still are."""

    events: int
    flagged: int

    @property
    def share(self) -> float:
        """Share that stays flagged; 1.0 where nothing could be rewritten."""
        return self.flagged / self.events if self.events else 1.0


def measure(
    labeller: Labeller, events: Sequence[LabelledEvent], threshold: float | None, seed: int = 1
) -> dict[str, Kept]:
    """Return what stays at or above `threshold` (None: what is still called malicious) for each rewrite and for three.

    `events` are those of which the same holds as they are.
    """
    kinds: dict[str, Rewrite] = {**REWRITES, "three at once": _three}
    out = {}
    for name, rewrite in kinds.items():
        rng = random.Random(f"{seed}/{name}")
        changed = [
            replace(e.event, raw=raw) for e in events if (raw := rewritten(e.event.raw, rewrite, rng)) is not None
        ]
        verdicts = labeller.label(changed, Options(top=1)) if changed else []
        out[name] = Kept(len(changed), sum(_flagged(v, threshold) for v in verdicts))
    return out


def _flagged(verdict: Verdict, threshold: float | None) -> bool:
    return verdict.malicious if threshold is None else (verdict.score or 0.0) >= threshold


def total(kept: Mapping[str, Kept]) -> Kept:
    """Return the sum over all rewrites."""
    return Kept(sum(k.events for k in kept.values()), sum(k.flagged for k in kept.values()))


def _three(command: str, rng: random.Random) -> str:
    for rewrite in rng.sample(list(REWRITES.values()), _TOGETHER):
        command = rewrite(command, rng)
    return command
