"""The searcher's threshold and the techniques that a row shows."""

import pytest

from loglm_bridge.contract.attack import technique
from loglm_bridge.contract.verdict import FLAGGED_VERDICTS, VERDICTS, Verdict
from loglm_bridge.splunk.rows.verdict_policy import apply_threshold, omit_benign_techniques, shown_techniques

RANKING = (technique("T1003.001", 0.04), technique("T1027", 0.1), technique("T1059", 0.099))


@pytest.mark.parametrize("verdict_name", ["malicious", "suspicious", "benign", "unknown"])
def test_without_a_threshold_the_verdict_stays(verdict_name):
    assert apply_threshold(Verdict("ok", 0.5, verdict_name), None) == verdict_name


@pytest.mark.parametrize(
    ("verdict_name", "score", "expected"),
    [
        ("benign", 0.7, "malicious"),
        ("unknown", 0.7, "malicious"),
        ("malicious", 0.7, "malicious"),
        ("malicious", 0.6999, "suspicious"),
        ("suspicious", 0.6999, "suspicious"),
        ("benign", 0.6999, "benign"),
        ("unknown", 0.6999, "unknown"),
    ],
)
def test_threshold_changes_malicious_only(verdict_name, score, expected):
    assert apply_threshold(Verdict("ok", score, verdict_name), 0.7) == expected


@pytest.mark.parametrize("threshold", [None, 0.0, 0.5])
@pytest.mark.parametrize("verdict_name", VERDICTS)
def test_brief_reply_contains_all_shown_techniques(verdict_name, threshold):
    whole = Verdict("ok", 0.5, verdict_name, RANKING)
    told = (
        whole._replace(techniques=())
        if omit_benign_techniques(threshold) and verdict_name not in FLAGGED_VERDICTS
        else whole
    )
    assert shown_techniques(told, apply_threshold(told, threshold)) == shown_techniques(
        whole, apply_threshold(whole, threshold)
    )


def test_missing_verdict_stays_none():
    assert apply_threshold(Verdict("unparsed"), 0.0) is None
    assert apply_threshold(Verdict("unparsed"), None) is None


@pytest.mark.parametrize(
    ("verdict_name", "shown"), [("malicious", 2), ("suspicious", 2), ("benign", 0), ("unknown", 0), (None, 0)]
)
def test_flagged_verdict_shows_likely_techniques(verdict_name, shown):
    assert shown_techniques(Verdict("ok", 0.9, "malicious", RANKING), verdict_name) == RANKING[:shown]


def test_flagged_verdict_without_techniques_shows_none():
    assert shown_techniques(Verdict("ok", 0.9, "malicious"), "malicious") == ()
