"""Compiling rules: what a rule asks for is found again in events it was not compiled from, and nothing else is."""

import json
import random

import pytest

from loglm_bridge.contract.event import Event
from loglm_bridge.lab.data import backgrounds
from loglm_bridge.lab.weak_labels import rule_compiler, weak_examples
from loglm_bridge.lab.weak_labels.log_renderer import Renderer
from loglm_bridge.lab.weak_labels.sigma_rules import read_rules
from loglm_bridge.telemetry import parse_and_canonicalise
from tests.lab.tiny_data import write_rules


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """(signatures, ids of the rules by their last digit)"""
    folder = tmp_path_factory.mktemp("rules")
    rules = read_rules(write_rules(folder / "r.tar.gz"), {"T9999": "T1543.003"})
    trail = {"eventVersion": "1.08", "eventSource": "s3.amazonaws.com", "eventName": "ListBuckets"}
    ordinary = backgrounds.Backgrounds({}, {"aws:cloudtrail": [json.dumps(trail)]})
    made, ids = rule_compiler.compile_rules(rules, Renderer(ordinary, random.Random(0)))
    return made, [name[-1] for name in ids]


def hits(compiled, **fields):
    made, ids = compiled
    event = {"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", **fields}
    return [ids[i] for i in made.hits(parse_and_canonicalise(Event(raw=json.dumps(event)))[1])]


def test_rules_that_canonical_events_can_show_are_compiled(compiled):
    assert compiled[1] == ["1", "2", "3", "4", "6"], "the fifth names no log that is known"


@pytest.mark.parametrize(
    ("image", "line", "parent", "holding"),
    [
        ("C:\\Windows\\System32\\certutil.exe", "certutil -urlcache -f http://a.b/c d", "C:\\x\\cmd.exe", ["1"]),
        ("D:\\tools\\certutil.exe", "CERTUTIL.exe  -URLCACHE -split -f http://a.b/c", "C:\\x\\cmd.exe", ["1"]),
        ("C:\\Windows\\System32\\certutil.exe", "certutil -urlcache -f http://a.b/c", "C:\\x\\msiexec.exe", []),
        ("C:\\Windows\\System32\\certutil.exe", "certutil -hashfile c", "C:\\x\\cmd.exe", []),
        ("C:\\Windows\\System32\\curl.exe", "x -urlcache -f http://a.b/c", "C:\\x\\cmd.exe", []),
    ],
)
def test_a_process_rule(compiled, image, line, parent, holding):
    assert hits(compiled, Image=image, CommandLine=line, ParentImage=parent) == holding


def test_the_same_rule_holds_in_another_log(compiled):
    found = hits(
        compiled,
        EventID=4688,
        Channel="Security",
        NewProcessName="C:\\Windows\\System32\\certutil.exe",
        CommandLine="certutil -urlcache -f http://a.b/c d",
    )
    assert found == ["1"]


def test_a_regular_expression_is_its_literals(compiled):
    line = "powershell.exe  -enc SQBFAFgAIAAoAE4AZQB3AC0ATwBiAGoA"
    assert hits(compiled, Image="C:\\x\\powershell.exe", CommandLine=line, ParentImage="C:\\x\\cmd.exe") == ["3"]
    assert hits(compiled, Image="C:\\x\\powershell.exe", CommandLine="powershell.exe /c dir") == []


def test_a_registry_rule(compiled):
    key = "HKU\\S-1-5-21-1-2-3-1001\\Software\\Microsoft\\Windows\\CurrentVersion\\Run\\tool"
    assert hits(compiled, EventID=13, TargetObject=key, Details="x") == ["2"]
    assert hits(compiled, EventID=13, TargetObject="HKLM\\SYSTEM\\Setup\\Run", Details="x") == []


def test_a_cloud_rule(compiled):
    made, ids = compiled
    event = {"eventVersion": "1.08", "eventSource": "cloudtrail.amazonaws.com"}
    found = [
        [ids[i] for i in made.hits(parse_and_canonicalise(Event(raw=json.dumps(event | {"eventName": name})))[1])]
        for name in ("StopLogging", "DeleteTrail", "StartLogging")
    ]
    assert found == [["4"], ["4"], []]


def test_a_run_keeps_them(compiled, tmp_path):
    made, _ = compiled
    rule_compiler.save(made, tmp_path)
    assert rule_compiler.load(tmp_path).dump() == made.dump()


def test_the_catalogue_names_successors(tmp_path, data):
    successors, known = weak_examples.catalogue(data.folder / "attack" / "enterprise.json.gz")
    assert known
    assert set(successors.values()) <= known | set(successors.values())
