"""What in an event satisfies a rule."""

from loglm_bridge.contract.event import Event
from loglm_bridge.model.features.compiled_rules import CompiledRule, FieldTest
from loglm_bridge.model.features.rule_evidence import rule_evidence
from loglm_bridge.model.features.rule_matcher import RuleMatcher
from loglm_bridge.model.features.value_tests import ValueTest
from loglm_bridge.telemetry import parse_and_canonicalise

TESTS = [
    FieldTest("eventname", ValueTest("equals", "createaccesskey")),
    FieldTest("useragent", ValueTest("matches", "kali")),
    FieldTest("awsregion", ValueTest("equals", "eu-north-1")),
]
EVENT = Event(raw='{"eventName": "CreateAccessKey", "userAgent": "aws-cli Kali", "awsRegion": "us-east-1"}')


def test_the_fields_that_satisfy_the_rule_are_named_once():
    condition = ["and", 0, ["or", 1, 2], ["not", 2]]
    matcher = RuleMatcher([], [CompiledRule((), condition, "own high", (), "r")], TESTS)
    event = matcher.mark(parse_and_canonicalise(EVENT)[1])
    assert event.rules == (0,)
    assert rule_evidence(matcher, 0, event) == [("eventname", "createaccesskey"), ("useragent", "aws-cli kali")]
