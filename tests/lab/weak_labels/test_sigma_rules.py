"""Sigma rules as a teacher: every fill satisfies the rule it was drawn from."""

import random
import re

import pytest

from loglm_bridge.lab.weak_labels.sigma_rules import KEYWORDS, fills, read_rules
from tests.lab.tiny_data import RULES, write_rules

#: What each rule of RULES asks of a fill's values, by the last digit of its id.
SATISFIED = {
    "1": lambda v: (
        v["Image"].endswith("\\certutil.exe") and "-urlcache" in v["CommandLine"] and " -f " in v["CommandLine"]
    ),
    "2": lambda v: "\\CurrentVersion\\Run\\" in v["TargetObject"] or v["TargetObject"].endswith("\\RunOnce"),
    "3": lambda v: re.search(r"powershell\.exe\s+-e(nc)?\s+[A-Za-z0-9+/]{20,40}={0,2}", v["CommandLine"]),
    "4": lambda v: v["eventSource"] == "cloudtrail.amazonaws.com" and v["eventName"] in ("StopLogging", "DeleteTrail"),
    "5": lambda v: "module verification failed" in v[KEYWORDS] or "segfault at" in v[KEYWORDS],
    "6": lambda v: v["EventID"] == "7045" and re.search(r"cmd.exe", v["ImagePath"]),
}


@pytest.fixture(scope="module")
def rules(tmp_path_factory):
    return read_rules(write_rules(tmp_path_factory.mktemp("sigma") / "r.tar.gz"), {"T9999": "T1543.003"})


def test_rules_without_technique_or_condition_are_left_out(rules):
    assert [r.id[-1] for r in rules] == list("123456")


def test_techniques_are_the_tags_and_later_ids_lead_back(rules):
    assert [r.techniques for r in rules] == [
        ("T1105",),
        ("T1547.001",),
        ("T1059.001",),
        ("T1098",),
        ("T1543.003",),
        ("T1543.003",),
    ]
    assert (rules[0].product, rules[0].category, rules[3].service, rules[5].level) == (
        "windows",
        "process_creation",
        "cloudtrail",
        "critical",
    )


@pytest.mark.parametrize("number", range(6))
def test_every_fill_satisfies_its_rule(rules, number):
    rule = rules[number]
    for seed in range(20):
        for fill in fills(rule, 8, random.Random(seed)):
            assert SATISFIED[rule.id[-1]](fill.values), fill.values
            assert not any("\x00" in value for value in fill.values.values())
            assert "msiexec" not in str(fill.values)


def test_both_ways_through_an_or_are_drawn_and_none_twice(rules):
    drawn = [fill.values["TargetObject"] for fill in fills(rules[1], 8, random.Random(0))]
    assert len(drawn) == len(set(drawn)) == 2
    assert {fill.values["eventName"] for fill in fills(rules[3], 8, random.Random(0))} == {"StopLogging", "DeleteTrail"}


def test_no_more_fills_than_asked_for(rules):
    assert len(list(fills(rules[2], 3, random.Random(0)))) == 3


def test_an_empty_or_odd_document_is_no_rule(tmp_path):
    assert read_rules(write_rules(tmp_path / "r.tar.gz", "---\n---\n3\n---\n{detection: 3}\n"), {}) == []
    assert len(read_rules(write_rules(tmp_path / "s.tar.gz", RULES), {})) == 6
