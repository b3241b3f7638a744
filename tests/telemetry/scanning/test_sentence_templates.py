"""Templates of sentences: literals and gaps from left to right."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.telemetry.scanning.sentence_templates import Template, Templates, parse_table
from tests.telemetry.parsing import assert_linear, few_examples

VALUES = st.from_regex(r"[A-Za-z0-9.@]{1,12}", fullmatch=True)


def test_a_template_is_split_into_literals_and_gaps():
    template = Template.parse("logon_failed", "Failed {method} for {user} from {src_ip}")
    assert template.action == "logon_failed"
    assert template.names == ("method", "user", "src_ip")
    assert template.literals == ("Failed ", " for ", " from ", "")
    assert template.longest_literal == "Failed "


@pytest.mark.parametrize(
    ("template", "text", "fields"),
    [
        ("from {a} to {b}", "from 1 to 2 and more", [("a", "1"), ("b", "2 and more")]),
        ("from {a} to {b}.", "from 1 to 2.", [("a", "1"), ("b", "2")]),
        ("from {_} to {b}", "from 1 to 2", [("b", "2")]),
        ("from {a} to {b}", "from  to 2", [("b", "2")]),
        ("from {a} to {b}", "from 1", None),
        ("from {a} to {b}", "going from 1 to 2", None),
        ("no gap", "no gap at all", []),
    ],
)
def test_match(template, text, fields):
    assert Template.parse("", template).match(text) == fields


@few_examples
@given(VALUES, VALUES, VALUES)
def test_a_sentence_built_of_values_gives_them_back(method, user, address):
    template = Template.parse("x", "Accepted {method} for {user} from {src_ip} port {_}")
    assert template.match(f"Accepted {method} for {user} from {address} port 22") == [
        ("method", method),
        ("user", user),
        ("src_ip", address),
    ]


def test_a_gap_has_a_maximum_length():
    template = Template.parse("", "a {x} b")
    assert template.match("a " + "x" * 3_900 + " b") == [("x", "x" * 3_900)]
    assert template.match("a " + "x" * 4_100 + " b") is None


def test_the_first_matching_sentence_wins():
    templates = Templates([("special", "user {user} locked"), ("general", "user {text}"), ("open", "{text} failed")])
    assert templates.match("user ann locked") == [("action", "special"), ("user", "ann")]
    assert templates.match("user ann unlocked") == [("action", "general"), ("text", "ann unlocked")]
    assert templates.match("disk failed") == [("action", "open"), ("text", "disk")]
    assert templates.match("disk full") is None


def test_a_sentence_without_action_gives_its_fields_only():
    assert Templates([("", "user {user}")]).match("user ann") == [("user", "ann")]


def test_a_table_has_one_sentence_per_line_for_each_of_its_programs():
    table = parse_table({"one two": "start: Started {service}.\n    stop: Stopped {service}.\n", "three": ""})
    assert table["one"].match("Started db.") == [("action", "start"), ("service", "db")]
    assert table["two"].match("Stopped db.") == [("action", "stop"), ("service", "db")]
    assert table["three"].match("Started db.") is None


@pytest.mark.parametrize("unit", ["a ", "from ", " to ", "x"])
def test_matching_takes_linear_time(unit):
    template = Template.parse("", "from {a} to {b} to {c} to {d} end")
    assert_linear(template.match, unit, "from ")
