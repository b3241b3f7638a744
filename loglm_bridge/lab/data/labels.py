"""The meaning of labels: whose events are labelled one by one, and which events are known to belong to an attack."""

from __future__ import annotations

from collections.abc import Iterable

from loglm_bridge.lab.data.corpus import CorpusEvent
from loglm_bridge.lab.data.sources import LabelledEvent, RuleHit

#: Sources whose labels belong to the single event.
EVENT_LABELLED_SOURCES = frozenset(
    {
        "panther_rule_tests",
        "deeptempo_cic2017_sample",  # the file netflow_cic2017
        "crowdsec_hub_tests",
        "stratosphere_testing",
        "loghub_2k",
        "mixed_parser_samples",
        "sekoia_intake_formats",
    }
)

#: Sources of recordings: one list of techniques for a whole file.
RECORDING_SOURCES = frozenset({"atomic_evtx", "otrf_security_datasets", "evtx_attack_samples", "open_xp_rules"})

#: Levels of rules whose hits count as a sign of an attack.
ATTACK_LEVELS = frozenset({"medium", "high", "critical"})


def has_attack_hit(hits: Iterable[RuleHit]) -> bool:
    """Return whether one of the hits is of a rule whose level counts as a sign of an attack."""
    return any(level in ATTACK_LEVELS for _, level, _ in hits)


def known_malice(event: CorpusEvent | LabelledEvent) -> bool | None:
    """Return whether an event belongs to an attack; None if unknown.

    It does if its own label says so, or if a rule of level medium or above hits it in a recording of an attack.
    """
    if event.source in EVENT_LABELLED_SOURCES or event.label == "benign":
        return {"malicious": True, "benign": False}.get(event.label)
    if has_attack_hit(event.hits):
        return True
    return False if event.label in ("benign", "malicious") else None
