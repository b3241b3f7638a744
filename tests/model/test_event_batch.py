"""Parsed batches: flows take the path of records, all other events that of canonical forms."""

import pytest

from loglm_bridge.contract.event import Event
from loglm_bridge.contract.wire import Options
from loglm_bridge.model.classifier.event_classifier import EventClassifier
from loglm_bridge.model.event_batch import EventParser
from loglm_bridge.model.folder.model_folder import ModelFolder
from tests.model.events import flow, logon

#: A flow that is not in flat JSON, so it is parsed by itself.
NESTED_FLOW = Event(
    '{"src_ip": "10.0.0.5", "dest_ip": "203.0.113.9", "src_port": 50001, "dest_port": 443, "fwd_bytes": 5,'
    ' "bwd_bytes": 6, "flow_dur": 1, "more": {"a": [1]}}',
    time=7.0,
)
EVENTS = [logon(0), flow(1), Event(""), NESTED_FLOW, flow(4)]
FLOWS = [1, 3, 4]


@pytest.fixture(scope="module")
def classifier(sealed):
    return EventClassifier(ModelFolder.open(sealed), "base", 1)


def test_flows_become_records_and_other_events_are_classified(classifier):
    batch = EventParser(classifier, flow_trees=True).parse_batch(EVENTS, Options())
    assert batch.flows.indices.tolist() == FLOWS
    assert batch.flows.records["time"].tolist() == [1001.0, 7.0, 1004.0]
    assert set(batch.parsed) == {0, 2, 3}, "flat flows are parsed by column"
    assert set(batch.forms) == set(batch.outcomes) == {0}
    assert batch.parsed[2].status == "empty"


@pytest.mark.parametrize("options", [Options(embedding=True), Options(explain=True)])
def test_where_a_vector_is_wanted_flows_are_classified_too(classifier, options):
    batch = EventParser(classifier, flow_trees=True).parse_batch(EVENTS, options)
    assert batch.flows.indices.tolist() == FLOWS
    assert set(batch.parsed) == set(range(len(EVENTS)))
    assert set(batch.outcomes) == {0, *FLOWS}


def test_without_flow_trees_all_events_are_classified(classifier):
    batch = EventParser(classifier, flow_trees=False).parse_batch(EVENTS, Options())
    assert len(batch.flows.indices) == 0
    assert set(batch.outcomes) == {0, *FLOWS}


def test_both_flow_paths_give_the_same_records(classifier):
    parser = EventParser(classifier, flow_trees=True)
    by_column = parser.parse_batch(EVENTS, Options(sequence=True)).flows
    one_by_one = parser.parse_batch(EVENTS, Options(sequence=True, embedding=True)).flows
    assert by_column.indices.tolist() == one_by_one.indices.tolist()
    assert by_column.records.tobytes() == one_by_one.records.tobytes()


def test_times_and_keys_order_events_only_within_a_sequence(classifier):
    parser = EventParser(classifier, flow_trees=True)
    untimed = [flow(1), flow(2)._replace(time=None)]
    assert parser.parse_batch(untimed, Options()).times == [1001.0, 0.0]
    assert parser.parse_batch(untimed, Options()).keys == [0, 0]
    in_sequence = parser.parse_batch(untimed, Options(sequence=True))
    assert list(in_sequence.times) == [1001.0, 1001.0]
    assert all(in_sequence.keys)


def test_lookups_of_canonical_forms_are_counted(classifier):
    parser = EventParser(classifier, flow_trees=True)
    for _ in range(3):
        parser.parse_batch([logon(0), logon(0)], Options())
    assert parser.caches()["form_cache_misses"] == 1
    assert parser.caches()["form_cache_hits"] == 5
    parser.clear()
    assert parser.caches()["form_cache_bytes"] == 0
