"""Sigma rules: every sample satisfies its rule."""

import random
import re

import pytest

from loglm_bridge.lab.weak_labels.sigma_rules import KEYWORDS, read_rules, samples
from tests.lab.tiny_data import RULES, write_rules

#: The condition of each rule of RULES on the values of a sample, by the last digit of its id.
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


def test_techniques_come_from_the_tags_with_ids_of_other_versions_replaced(rules):
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
def test_every_sample_satisfies_its_rule(rules, number):
    rule = rules[number]
    for seed in range(20):
        for values in samples(rule, 8, random.Random(seed)):
            assert SATISFIED[rule.id[-1]](values), values
            assert not any("\x00" in value for value in values.values())
            assert "msiexec" not in str(values)


def test_both_branches_of_an_or_are_sampled_and_none_twice(rules):
    drawn = [values["TargetObject"] for values in samples(rules[1], 8, random.Random(0))]
    assert len(drawn) == len(set(drawn)) == 2
    assert {values["eventName"] for values in samples(rules[3], 8, random.Random(0))} == {"StopLogging", "DeleteTrail"}


def test_the_number_of_samples_is_limited(rules):
    assert len(list(samples(rules[2], 3, random.Random(0)))) == 3


def test_an_empty_or_invalid_document_is_no_rule(tmp_path):
    assert read_rules(write_rules(tmp_path / "r.tar.gz", "---\n---\n3\n---\n{detection: 3}\n"), {}) == []
    assert len(read_rules(write_rules(tmp_path / "s.tar.gz", RULES), {})) == 6
