"""The check of content: what it finds wrong, and that the content that ships has nothing wrong."""

import pytest

from loglm_bridge.knowledge.check import check_file, check_rule, duplicate_names
from loglm_bridge.knowledge.loader import RULES
from loglm_bridge.knowledge.rendering.shapes import Shapes
from tests.knowledge.samples import document, rule

SHAPES = Shapes.load()


def problems(**changes):
    return [problem.text for problem in check_rule(rule(**changes), SHAPES)]


def test_a_good_rule_has_no_problem():
    assert problems() == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tags": ["attack.t9999"]}, "T9999 is no technique"),
        ({"examples": []}, "a rule needs an example"),
        ({"examples": [{"eventName": "ListUsers"}]}, "example 1: the rule does not match"),
        ({"examples": [{"eventName": "{usr}"}]}, "there is no slot {usr}"),
        ({"examples": [{"shape": "nowhere"}]}, "there is no shape"),
        ({"ordinary": [{"event": document()["examples"][0], "differs": "-"}]}, "twin 1: the rule matches this twin"),
    ],
)
def test_what_is_wrong_is_said(changes, message):
    assert any(message in text for text in problems(**changes))


def test_a_name_of_two_rules_is_a_problem():
    assert [one.text for one in duplicate_names([rule(), rule(), rule(name="other")])] == ["the name is used 2 times"]


@pytest.mark.parametrize("path", sorted(RULES.rglob("*.yml")), ids=lambda path: "/".join(path.parts[-2:]))
def test_the_content_that_ships_is_sound(path):
    rules, wrong = check_file(path, RULES, SHAPES)
    assert rules
    assert [f"{problem.where}: {problem.text}" for problem in wrong] == []


def test_no_two_rules_that_ship_have_one_name():
    rules = [rule for path in RULES.rglob("*.yml") for rule in check_names(path)]
    assert duplicate_names(rules) == []


def check_names(path):
    from loglm_bridge.knowledge.loader import rules_of

    return rules_of(path, RULES)
