"""Evasion: how many flagged command lines stay flagged after cosmetic rewrites."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from loglm_bridge.contract.event import Event
from loglm_bridge.contract.verdict import Verdict
from loglm_bridge.contract.wire import Options
from loglm_bridge.lab.data.labels import ATTACK_LEVELS
from loglm_bridge.lab.data.sources import LabelledEvent
from loglm_bridge.lab.evaluate.command_rewrites import REWRITES, Rewrite, rewritten
from loglm_bridge.model.features.rule_matcher import RuleMatcher
from loglm_bridge.model.labeller import Labeller
from loglm_bridge.telemetry import parse_and_canonicalise

#: Rewrites that are combined in the row "three at once".
_COMBINED = 3


@dataclass(frozen=True)
class EvasionCount:
    """Of `events` that were flagged and could be rewritten, `flagged` still are."""

    events: int
    flagged: int

    @property
    def share(self) -> float:
        """Share that stays flagged; 1.0 where nothing could be rewritten."""
        return self.flagged / self.events if self.events else 1.0


def measure(
    labeller: Labeller, events: Sequence[LabelledEvent], threshold: float | None, seed: int = 1
) -> dict[str, EvasionCount]:
    """Return for each rewrite, and for three at once, how many events stay at or above `threshold`.

    Without a threshold an event is flagged if its verdict is malicious. `events` are flagged before the rewrite.
    """

    def flagged(changed: Sequence[Event]) -> int:
        verdicts = labeller.label(changed, Options(top=1)) if changed else []
        return sum(_flagged(verdict, threshold) for verdict in verdicts)

    return _count_rewrites(events, flagged, seed)


def _flagged(verdict: Verdict, threshold: float | None) -> bool:
    return verdict.malicious if threshold is None else (verdict.score or 0.0) >= threshold


def rules_alone(rules: RuleMatcher, events: Sequence[LabelledEvent], seed: int = 1) -> dict[str, EvasionCount]:
    """Return the same for the detection rules alone, which see the values as the log wrote them.

    An event is flagged if a rule of level medium or above hits it; the others of `events` are left out.
    """

    def flagged(changed: Sequence[Event]) -> int:
        return sum(_is_hit(rules, event) for event in changed)

    return _count_rewrites([event for event in events if _is_hit(rules, event.event)], flagged, seed)


def _count_rewrites(
    events: Sequence[LabelledEvent], flagged: Callable[[Sequence[Event]], int], seed: int
) -> dict[str, EvasionCount]:
    """Rewrite the events in every way; `flagged` returns how many of the rewritten events are still flagged."""
    rewrites: dict[str, Rewrite] = {**REWRITES, "three at once": _combined}
    counts = {}
    for name, rewrite in rewrites.items():
        rng = random.Random(f"{seed}/{name}")
        raws = [rewritten(event.event.raw, rewrite, rng) for event in events]
        changed = [e.event._replace(raw=raw) for e, raw in zip(events, raws, strict=True) if raw is not None]
        counts[name] = EvasionCount(len(changed), flagged(changed))
    return counts


def _is_hit(rules: RuleMatcher, event: Event) -> bool:
    canonical = parse_and_canonicalise(event)[1]
    as_logged = replace(canonical, fields=tuple(pair for pair in canonical.fields if pair[0] == "action"))
    return any(rules.rules[i].level in ATTACK_LEVELS for i in rules.match(as_logged))


def total(counts: Mapping[str, EvasionCount]) -> EvasionCount:
    """Return the sum over all rewrites."""
    return EvasionCount(sum(c.events for c in counts.values()), sum(c.flagged for c in counts.values()))


def _combined(command: str, rng: random.Random) -> str:
    for rewrite in rng.sample(list(REWRITES.values()), _COMBINED):
        command = rewrite(command, rng)
    return command
