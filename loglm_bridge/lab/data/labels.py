"""The meaning of labels: whose events are labelled one by one, and which events are known to belong to an attack."""

from __future__ import annotations

from collections.abc import Iterable

from loglm_bridge.lab.data.corpus import CorpusEvent
from loglm_bridge.lab.data.sources import LabelledEvent, RuleHit

#: Sources whose labels belong to the single event.
EVENT_LABELLED_SOURCES = frozenset(
    {
        "attack_4104_cloud_tools",
        "attack_4104_empire",
        "cat_hijacklibs_sysmon7",
        "mpsd_powershell",
        "panther_rule_tests",
        "sbousseaden_macos",
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

#: Sources whose malicious events show a technique, but are no attack by themselves: one failed login, an API call that
#: administrators make too, a request that holds a fragment of an attack.
TECHNIQUE_SOURCES = frozenset({"crs_requests", "fail2ban_tests", "traildiscover"})

#: Sources without labels that were recorded while attacks took place.
ATTACKED_SOURCES = frozenset(
    {
        "eqllib_sysmon",
        "invictus_o365",
        "maccdc2012_zeek",
        "rita_zeek",
        "sans504_s3_ransomware",
        "zed_zeek_sample",
    }
)

#: Sources of one event for each kind that a product can log: alerts are far more frequent than on any shift.
FORMAT_SAMPLES = frozenset(
    {
        "beats_xpack",
        "chronicle_parser_samples",
        "evtxecmd_examples",
        "mixed_parser_samples",
        "open_xp_parser_samples",
        "sc4s_vendor_samples",
        "sekoia_intake_formats",
        "sentinel_samples",
        "text_log_parser_samples",
        "zeek_test_baselines",
    }
)

#: Sources of ordinary machines: too few to keep some from the nets for calibration, so all of them count there too.
#: Rules decide what is rare on them, and nobody fitted these to them.
MACHINE_SOURCES = frozenset({"cloudtrail_ordinary", "evtx_baseline"})

#: Sources of tests: attacks and near misses side by side. Their benign events teach, but no day looks like them.
TEST_SOURCES = frozenset(
    {"cat_hijacklibs_sysmon7", "crowdsec_hub_tests", "crs_requests", "fail2ban_tests", "panther_rule_tests"}
)

#: Levels of rules whose hits count as a sign of an attack.
ATTACK_LEVELS = frozenset({"medium", "high", "critical"})


def has_attack_hit(hits: Iterable[RuleHit]) -> bool:
    """Return whether one of the hits is of a rule whose level counts as a sign of an attack."""
    return any(level in ATTACK_LEVELS for _, level, _ in hits)


def known_malice(event: CorpusEvent | LabelledEvent) -> bool | None:
    """Return whether an event belongs to an attack; None if unknown.

    It does if its own label says so, or if a rule of level medium or above hits it in a recording of an attack.
    """
    if event.source in TECHNIQUE_SOURCES and event.label == "malicious":
        return None
    if event.source in EVENT_LABELLED_SOURCES or event.label == "benign":
        return {"malicious": True, "benign": False}.get(event.label)
    if has_attack_hit(event.hits):
        return True
    return False if event.label in ("benign", "malicious") else None


def is_everyday(event: CorpusEvent | LabelledEvent, alert: bool) -> bool:
    """Return whether an event counts as one of an ordinary day: ordinary, and no near miss of a test."""
    return event.source not in TEST_SOURCES and is_ordinary(event, alert)


def is_ordinary(event: CorpusEvent | LabelledEvent, alert: bool = False) -> bool:
    """Return whether an event counts as ordinary: known to be, or of telemetry that nobody labelled.

    `alert` says that a rule of level medium or above matches it. Such an event of a format's samples is an alert of the
    product, and one of a recording of an attack may belong to the attack.
    """
    malice = known_malice(event)
    if malice is not None:
        return not malice and not (alert and event.label == "malicious")
    if event.label == "malicious" or event.source in ATTACKED_SOURCES or has_attack_hit(event.hits):
        return False
    return not (alert and event.source in FORMAT_SAMPLES)
