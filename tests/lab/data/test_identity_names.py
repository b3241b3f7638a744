"""Names that canonical events replace are found; words that mean the same everywhere are not."""

import json

from loglm_bridge.contract.event import Event
from loglm_bridge.lab.data import identity_names
from loglm_bridge.telemetry import parse_record


def names_of(fields, host=""):
    event = Event(raw=json.dumps(fields), host=host)
    return set(identity_names.words(parse_record(event), event))


def test_accounts_and_hosts_are_names():
    event = {"EventID": 4624, "Channel": "Security", "Computer": "ws-ember-04.corp.example", "TargetUserName": "mquill"}
    assert {"mquill", "ember", "ws-ember-04", "corp"} <= names_of(event)


def test_well_known_accounts_are_no_names():
    event = {"EventID": 4624, "Channel": "Security", "TargetUserName": "Administrator", "SubjectUserName": "SYSTEM"}
    assert not names_of(event) & {"administrator", "system"}


def test_a_name_that_many_sources_show_is_a_common_word():
    few, many = frozenset("ab"), frozenset("abcd")
    assert identity_names.rare({"pgard": few, "server": many}) == {"pgard"}
