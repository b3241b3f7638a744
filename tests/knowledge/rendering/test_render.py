"""Rendering: the skeleton and the example merged, one act in several shapes, fields left out."""

import json

import pytest

from loglm_bridge.knowledge.errors import ContentError
from loglm_bridge.knowledge.rendering.render import merged, render, rendered
from loglm_bridge.knowledge.rendering.shapes import Shapes
from loglm_bridge.telemetry import parse_record
from tests.knowledge.samples import rule

SHAPES = Shapes.load()


def test_an_example_is_merged_into_the_skeleton():
    event = render(rule(), rule().examples[0], SHAPES, "1")[0]
    fields = json.loads(event.raw)
    assert fields["eventName"] == "CreateAccessKey"
    assert fields["requestParameters"]["userName"] != fields["userIdentity"]["userName"]
    assert fields["userIdentity"]["arn"].endswith(fields["userIdentity"]["userName"])
    assert event.sourcetype == "aws:cloudtrail"
    assert parse_record(event).family == "aws"


def test_merging_reaches_into_mappings_by_dotted_names_and_leaves_out_what_is_absent():
    skeleton = {"a": {"b": 1, "c": 2}, "d": 3, "e": [1]}
    assert merged(skeleton, {"a.b": 5, "d": "{absent}", "e": [2], "f": 1}) == {"a": {"b": 5, "c": 2}, "e": [2], "f": 1}
    assert merged(skeleton, {"a": {"c": 7}})["a"] == {"b": 1, "c": 7}
    assert skeleton["a"] == {"b": 1, "c": 2}


def test_a_process_is_rendered_in_every_shape_that_can_carry_it():
    process = rule(
        logsource={"product": "windows", "category": "process_creation"},
        detection={"a": {"CommandLine|contains": "vssadmin delete"}, "condition": "a"},
        examples=[{"Image": "C:\\Windows\\System32\\vssadmin.exe", "CommandLine": "vssadmin delete shadows"}],
        ordinary=None,
    )
    events = render(process, process.examples[0], SHAPES, "1", every=True)
    kinds = {(record.format, record.kind) for record in map(parse_record, events)}
    assert {("windows_xml", "sysmon:1"), ("windows_xml", "security:4688")} <= kinds
    assert all("vssadmin delete shadows" in event.raw for event in events)


def test_a_shape_that_does_not_exist_is_refused():
    with pytest.raises(ContentError, match="there is no shape 'nowhere'"):
        render(rule(), {"shape": "nowhere"}, SHAPES, "1")


def test_examples_and_twins_are_rendered_with_what_they_are():
    kinds = [(one.number, one.ordinary) for one in rendered([rule()], SHAPES, 1, "1")]
    assert set(kinds) == {(0, False), (1, True)}
