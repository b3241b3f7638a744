"""Counts of content by family, the Navigator layer, and what nobody covers."""

from loglm_bridge.knowledge import coverage
from tests.knowledge.samples import rule

RULES = [rule(), rule(name="second", level="informational", tags=["attack.t1531"])]


def test_everyday_examples_count_as_ordinary():
    families = coverage.by_family(RULES)
    one = families["aws"]
    assert (one.rules, one.examples, one.ordinary) == (2, 1, 3)
    assert one.techniques == {"T1098.001"}
    assert coverage.table(families).splitlines()[-1].startswith("| all | 2 | 1 | 3 | 1 |")


def test_the_layer_holds_each_technique_once_with_its_families():
    layer = coverage.navigator_layer(RULES)
    assert [(t["techniqueID"], t["score"], t["comment"]) for t in layer["techniques"]] == [
        ("T1098.001", 1, "1 rules: aws")
    ]


def test_a_technique_of_too_few_rules_is_uncovered():
    assert "T1098.001" in coverage.uncovered(RULES)
    assert "T1098.001" not in coverage.uncovered(RULES, least=1)
