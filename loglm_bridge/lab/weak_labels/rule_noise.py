"""Rules that ordinary telemetry matches lose a part of their level.

A rule's author sets its level by the act. How often everyday events look the same, only ordinary telemetry can say.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from loglm_bridge.lab.data.corpus import Corpus, CorpusEvent
from loglm_bridge.lab.data.labels import is_ordinary
from loglm_bridge.model.features.compiled_rules import CompiledRule
from loglm_bridge.model.features.rule_matcher import RuleMatcher

#: Levels, the least severe first.
LEVELS = ("informational", "low", "medium", "high", "critical")

#: Share of a log family's distinct ordinary events that match a rule -> levels that it loses.
LOSSES = ((1 / 500, 2), (1 / 2000, 1))

#: A log family counts as having at least so many distinct ordinary events: few say little about a share.
MIN_SIZE = 1_000

#: Distinct ordinary events, and recordings that hold them, without which a rule loses nothing.
MIN_EVENTS = 2
MIN_RECORDINGS = 2


def quieted(matcher: RuleMatcher, corpus: Corpus, events: Iterable[CorpusEvent], alerts: frozenset[int]) -> RuleMatcher:
    """Return the matcher with the levels of rules lowered that ordinary ones among `events` match.

    `alerts` are the indices of canonical events that a rule of the project's own of level medium or above matches.
    """
    ordinary: dict[int, set[tuple[str, str]]] = defaultdict(set)
    for event in events:
        if is_ordinary(event, event.canonical in alerts):
            ordinary[event.canonical].add((event.source, event.group))
    losses = _losses(corpus, ordinary)
    rules = [_lowered(rule, losses.get(index, 0)) for index, rule in enumerate(matcher.rules)]
    return RuleMatcher(matcher.atoms, rules, matcher.tests)


def _losses(corpus: Corpus, ordinary: Mapping[int, set[tuple[str, str]]]) -> Mapping[int, int]:
    """Return for each noisy rule how many levels it loses: the most of any log family."""
    sizes = Counter(corpus.canonicals[index].family for index in ordinary)
    hits: dict[tuple[str, int], list[int]] = defaultdict(list)
    for index in ordinary:
        event = corpus.canonicals[index]
        for rule in event.rules:
            hits[event.family, rule].append(index)
    losses: dict[int, int] = {}
    for (family, rule), matching in hits.items():
        recordings = set().union(*(ordinary[index] for index in matching))
        if len(matching) >= MIN_EVENTS and len(recordings) >= MIN_RECORDINGS:
            lost = _lost(len(matching) / max(sizes[family], MIN_SIZE))
            losses[rule] = max(losses.get(rule, 0), lost)
    return losses


def _lost(share: float) -> int:
    return next((levels for limit, levels in LOSSES if share > limit), 0)


def _lowered(rule: CompiledRule, levels: int) -> CompiledRule:
    origin, _, severity = rule.level.rpartition(" ")
    if not levels or severity not in LEVELS:
        return rule
    lowered = LEVELS[max(0, LEVELS.index(severity) - levels)]
    return replace(rule, level=f"{origin} {lowered}".strip())


def counts(before: Sequence[CompiledRule], after: Sequence[CompiledRule]) -> Counter[str]:
    """Return how many rules went from one level to another, for the log of a run."""
    pairs = ((old.level, new.level) for old, new in zip(before, after, strict=True))
    return Counter(f"{old} -> {new}" for old, new in pairs if old != new)
