"""Labels: whose events are known to belong to an attack."""

import pytest

from loglm_bridge.lab.data.corpus import CorpusEvent
from loglm_bridge.lab.data.labels import has_attack_hit, is_ordinary, known_malice


@pytest.mark.parametrize(
    ("source", "label", "hits", "malice"),
    [
        ("panther_rule_tests", "malicious", (), True),
        ("panther_rule_tests", "benign", (("r", "high", ()),), False),
        ("panther_rule_tests", "unknown", (("r", "high", ()),), None),
        ("otrf_security_datasets", "malicious", (("r", "medium", ()),), True),
        ("otrf_security_datasets", "malicious", (("r", "low", ()),), False),
        ("evtx_baseline", "benign", (), False),
        ("evtx_baseline", "benign", (("r", "high", ()),), False),
        ("loghub_2k", "unknown", (), None),
    ],
)
def test_malice_is_known_from_labels_of_events_and_from_rule_hits(source, label, hits, malice):
    assert known_malice(CorpusEvent("i", source, "g", 0, label, (), hits, False)) is malice


@pytest.mark.parametrize(("level", "expected"), [("low", False), ("medium", True), ("high", True), ("critical", True)])
def test_hits_of_rules_of_level_medium_and_above_are_signs_of_an_attack(level, expected):
    assert has_attack_hit([("a", "informational", ()), ("b", level, ())]) is expected


@pytest.mark.parametrize(
    ("source", "label", "hits", "alert", "ordinary"),
    [
        ("evtx_baseline", "benign", (), True, True),
        ("loghub_2k", "unknown", (), True, True),
        ("loghub_2k", "unknown", (("r", "high", ()),), False, False),
        ("sentinel_samples", "unknown", (), False, True),
        ("sentinel_samples", "unknown", (), True, False),
        ("invictus_o365", "unknown", (), False, False),
        ("traildiscover", "malicious", (), False, False),
        ("mpsd_powershell", "malicious", (), False, False),
        ("otrf_security_datasets", "malicious", (), False, True),
        ("otrf_security_datasets", "malicious", (), True, False),
    ],
)
def test_ordinary_events_are_neither_attacks_nor_alerts_among_samples(source, label, hits, alert, ordinary):
    assert is_ordinary(CorpusEvent("i", source, "g", 0, label, (), hits, False), alert) is ordinary


def test_an_event_that_only_shows_a_technique_is_of_unknown_malice():
    assert known_malice(CorpusEvent("i", "fail2ban_tests", "g", 0, "malicious", ("T1110",), (), False)) is None
