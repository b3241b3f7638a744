"""Rules: what a document must hold, and what is read from it."""

import pytest

from loglm_bridge.knowledge.errors import ContentError
from tests.knowledge.samples import rule


def test_a_rule_is_read_with_its_techniques_in_order_and_its_twins():
    one = rule(tags=["attack.persistence", "attack.t1098.001", "attack.t1078"])
    assert (one.name, one.level, one.family) == ("key-for-another", "high", "aws")
    assert one.techniques == ("T1098.001", "T1078")
    assert one.logsource == ("aws", "", "cloudtrail")
    assert one.act == one.title
    assert one.ordinary[0].differs == "the user makes the key for himself"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"title": None}, "'title' is missing"),
        ({"level": "severe"}, "the level must be one of"),
        ({"name": "Has Blanks"}, "lower-case words"),
        ({"severity": "high"}, "unknown keys: severity"),
        ({"ordinary": [{"event": {}}]}, "a twin has the keys event and differs"),
        ({"detection": {"call": {"a": 1}, "condition": "nothing"}}, "not a Sigma rule"),
        ({"detection": {"call": {"a": 1}, "condition": ["call", "not call"]}}, "exactly one condition"),
    ],
)
def test_a_malformed_document_is_refused_by_name(changes, message):
    with pytest.raises(ContentError, match=message) as caught:
        rule(**changes)
    assert "sample.yml" in caught.value.where
