"""Explanations as text for people."""

from loglm_bridge.model.explanation_summary import summary

RULE = {
    "id": "own-1",
    "origin": "own",
    "title": "Key made for another user",
    "act": "Somebody made an access key for another user",
    "level": "high",
    "techniques": ["T1098.001"],
    "because": [{"name": "eventname", "value": "createaccesskey"}],
}
FIELD = {"name": "action", "value": "CreateAccessKey", "effect": 3.0, "share": 0.75}


def explanation(**changes):
    return {"kind": "aws iam", "rules": [], "fields": [], "neighbours": [], **changes}


def test_the_act_of_a_rule_comes_first_with_what_satisfies_it():
    other = {**RULE, "id": "own-2", "title": "Persistence in IAM"}
    text = summary(explanation(rules=[RULE, other], fields=[FIELD]))
    assert text == (
        "Somebody made an access key for another user. Rule own-1 (high): eventname=createaccesskey. "
        "Also: Persistence in IAM. The score rests on action=CreateAccessKey (75%)."
    )


def test_the_title_stands_for_a_missing_act():
    assert summary(explanation(rules=[{**RULE, "act": ""}])).startswith("Key made for another user. Rule own-1")


def test_published_rules_are_named_by_id():
    published = {"id": "0a-1", "origin": "sigma", "level": "medium", "techniques": [], "because": []}
    assert summary(explanation(rules=[published])) == "Matches 1 published rule: 0a-1 (medium)."


def test_without_a_rule_the_nearest_known_behaviour_is_named():
    nearest = [
        {"id": "s/0", "techniques": [], "similarity": 0.99},
        {"id": "own-1", "title": "Key made for another user", "techniques": ["T1098.001"], "similarity": 0.934},
    ]
    text = summary(explanation(fields=[FIELD, {**FIELD, "share": 0.05}], neighbours=nearest))
    assert text == (
        "No rule matches. The score rests on action=CreateAccessKey (75%). "
        "Nearest known: Key made for another user (similarity 0.93)."
    )


def test_context_is_said_where_it_changed_the_score():
    text = summary(explanation(context={"alone": 0.2, "together": 0.95}))
    assert text == "No rule matches. Alone 0.20, with the other events of its entity 0.95."


def test_long_values_are_cut():
    assert len(summary(explanation(fields=[{**FIELD, "value": "x" * 500}]))) < 200
