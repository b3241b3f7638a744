"""Compiled rules match events that satisfy the rule, also in other logs, and no other events."""

import json
import random

import pytest

from loglm_bridge.contract.event import Event
from loglm_bridge.lab.data import backgrounds
from loglm_bridge.lab.data.run_files import read_rule_matcher, write_rule_matcher
from loglm_bridge.lab.weak_labels import rule_compiler
from loglm_bridge.lab.weak_labels.log_renderer import Renderer
from loglm_bridge.lab.weak_labels.sigma_rules import read_rules
from loglm_bridge.telemetry import parse_and_canonicalise
from tests.lab.tiny_data import write_rules


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """The compiled rules, and the last digits of their ids."""
    folder = tmp_path_factory.mktemp("rules")
    rules = read_rules(write_rules(folder / "r.tar.gz"), {"T9999": "T1543.003"})
    trail = {"eventVersion": "1.08", "eventSource": "s3.amazonaws.com", "eventName": "ListBuckets"}
    ordinary = backgrounds.Backgrounds({}, {"aws:cloudtrail": [json.dumps(trail)]})
    matcher, ids = rule_compiler.compile_rules(rules, Renderer(ordinary, random.Random(0)))
    return matcher, [id_[-1] for id_ in ids]


def matches(compiled, **fields):
    matcher, ids = compiled
    event = {"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", **fields}
    return [ids[i] for i in matcher.match(parse_and_canonicalise(Event(raw=json.dumps(event)))[1])]


def test_rules_that_canonical_events_can_show_are_compiled(compiled):
    assert compiled[1] == ["1", "2", "3", "4", "6"], "the fifth names no known log source"


@pytest.mark.parametrize(
    ("image", "line", "parent", "matching"),
    [
        ("C:\\Windows\\System32\\certutil.exe", "certutil -urlcache -f http://a.b/c d", "C:\\x\\cmd.exe", ["1"]),
        ("D:\\tools\\certutil.exe", "CERTUTIL.exe  -URLCACHE -split -f http://a.b/c", "C:\\x\\cmd.exe", ["1"]),
        ("C:\\Windows\\System32\\certutil.exe", "certutil -urlcache -f http://a.b/c", "C:\\x\\msiexec.exe", []),
        ("C:\\Windows\\System32\\certutil.exe", "certutil -hashfile c", "C:\\x\\cmd.exe", []),
        ("C:\\Windows\\System32\\curl.exe", "x -urlcache -f http://a.b/c", "C:\\x\\cmd.exe", []),
    ],
)
def test_a_process_rule(compiled, image, line, parent, matching):
    assert matches(compiled, Image=image, CommandLine=line, ParentImage=parent) == matching


def test_the_same_rule_matches_in_another_log(compiled):
    matching = matches(
        compiled,
        EventID=4688,
        Channel="Security",
        NewProcessName="C:\\Windows\\System32\\certutil.exe",
        CommandLine="certutil -urlcache -f http://a.b/c d",
    )
    assert matching == ["1"]


def test_a_regular_expression_matches_by_its_literals(compiled):
    line = "powershell.exe  -enc SQBFAFgAIAAoAE4AZQB3AC0ATwBiAGoA"
    assert matches(compiled, Image="C:\\x\\powershell.exe", CommandLine=line, ParentImage="C:\\x\\cmd.exe") == ["3"]
    assert matches(compiled, Image="C:\\x\\powershell.exe", CommandLine="powershell.exe /c dir") == []


def test_a_registry_rule(compiled):
    key = "HKU\\S-1-5-21-1-2-3-1001\\Software\\Microsoft\\Windows\\CurrentVersion\\Run\\tool"
    assert matches(compiled, EventID=13, TargetObject=key, Details="x") == ["2"]
    assert matches(compiled, EventID=13, TargetObject="HKLM\\SYSTEM\\Setup\\Run", Details="x") == []


def test_a_cloud_rule(compiled):
    matcher, ids = compiled
    event = {"eventVersion": "1.08", "eventSource": "cloudtrail.amazonaws.com"}
    matching = [
        [ids[i] for i in matcher.match(parse_and_canonicalise(Event(raw=json.dumps(event | {"eventName": name})))[1])]
        for name in ("StopLogging", "DeleteTrail", "StartLogging")
    ]
    assert matching == [["4"], ["4"], []]


def test_compiled_rules_are_read_as_they_were_written(compiled, tmp_path):
    matcher, _ = compiled
    write_rule_matcher(tmp_path, matcher)
    assert read_rule_matcher(tmp_path).dump() == matcher.dump()
