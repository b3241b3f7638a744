"""How many flagged command lines stay flagged after the cosmetic rewrites of an attacker."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from loglm_bridge.contract.event import Event
from loglm_bridge.contract.verdict import Verdict
from loglm_bridge.contract.wire import Options
from loglm_bridge.lab.data.sources import LabelledEvent
from loglm_bridge.lab.evaluate.command_rewrites import REWRITES, Rewrite, rewritten
from loglm_bridge.lab.weak_labels.training_examples import TELLING
from loglm_bridge.model.features.rule_matcher import RuleMatcher
from loglm_bridge.model.labeller import Labeller
from loglm_bridge.telemetry import parse_and_canonicalise

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
            e.event._replace(raw=raw) for e in events if (raw := rewritten(e.event.raw, rewrite, rng)) is not None
        ]
        verdicts = labeller.label(changed, Options(top=1)) if changed else []
        out[name] = Kept(len(changed), sum(_flagged(v, threshold) for v in verdicts))
    return out


def _flagged(verdict: Verdict, threshold: float | None) -> bool:
    return verdict.malicious if threshold is None else (verdict.score or 0.0) >= threshold


def rules_alone(signatures: RuleMatcher, events: Sequence[LabelledEvent], seed: int = 1) -> dict[str, Kept]:
    """Return the same for the detection rules by themselves, matched against the values as the log wrote them.

    `flagged` are events that a rule of level medium or above still hits, of those that one hits as they are.
    """
    kinds: dict[str, Rewrite] = {**REWRITES, "three at once": _three}
    hit = [e for e in events if _ruled(signatures, e.event)]
    out = {}
    for name, rewrite in kinds.items():
        rng = random.Random(f"{seed}/{name}")
        changed = [e.event._replace(raw=r) for e in hit if (r := rewritten(e.event.raw, rewrite, rng)) is not None]
        out[name] = Kept(len(changed), sum(_ruled(signatures, event) for event in changed))
    return out


def _ruled(signatures: RuleMatcher, event: Event) -> bool:
    form = parse_and_canonicalise(event)[1]
    bare = replace(form, fields=tuple(pair for pair in form.fields if pair[0] == "action"))
    return any(signatures.rules[i].level in TELLING for i in signatures.match(bare))


def total(kept: Mapping[str, Kept]) -> Kept:
    """Return the sum over all rewrites."""
    return Kept(sum(k.events for k in kept.values()), sum(k.flagged for k in kept.values()))


def _three(command: str, rng: random.Random) -> str:
    for rewrite in rng.sample(list(REWRITES.values()), _TOGETHER):
        command = rewrite(command, rng)
    return command
