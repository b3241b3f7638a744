"""A small rule and its surroundings, for tests of the content's format."""

from copy import deepcopy

from loglm_bridge.knowledge.rule import KnowledgeRule

DOCUMENT = {
    "title": "Access key made for another user",
    "name": "key-for-another",
    "logsource": {"product": "aws", "service": "cloudtrail"},
    "detection": {
        "call": {"eventSource": "iam.amazonaws.com", "eventName": "CreateAccessKey"},
        "other": {"loglm.target_is_actor": "no"},
        "condition": "call and other",
    },
    "level": "high",
    "tags": ["attack.persistence", "attack.t1098.001"],
    "examples": [
        {
            "eventSource": "iam.amazonaws.com",
            "eventName": "CreateAccessKey",
            "requestParameters": {"userName": "{user2}"},
        }
    ],
    "ordinary": [
        {
            "event": {
                "eventSource": "iam.amazonaws.com",
                "eventName": "CreateAccessKey",
                "requestParameters": {"userName": "{user}"},
            },
            "differs": "the user makes the key for himself",
        }
    ],
}


def document(**changes):
    """Return the document of the rule with some keys changed; None removes a key."""
    changed = {**deepcopy(DOCUMENT), **changes}
    return {key: value for key, value in changed.items() if value is not None}


def rule(**changes):
    """Return the rule of `document`."""
    return KnowledgeRule.from_document(document(**changes), "aws", "sample.yml")
