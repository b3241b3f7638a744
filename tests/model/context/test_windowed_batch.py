"""Batches in windows: the numbering of events, and the window of a flow."""

import pytest

from loglm_bridge.contract.wire import Options
from loglm_bridge.model.classifier.event_classifier import EventClassifier
from loglm_bridge.model.context.entity_state import decode, encode
from loglm_bridge.model.context.windowed_batch import FROM_STATE, WindowedBatch
from loglm_bridge.model.event_batch import EventParser
from loglm_bridge.model.folder.model_folder import ModelFolder
from tests.model.events import flow, logon


@pytest.fixture(scope="module")
def parse(sealed):
    parser = EventParser(EventClassifier(ModelFolder.open(sealed), "base", 1), flow_trees=True)
    return lambda *events: parser.parse_batch(events, Options(sequence=True))


def test_single_events_are_windows_of_one_flow(parse):
    windowed = WindowedBatch.single_events(parse(logon(0), flow(2), flow(1)))
    assert windowed.batch_indices.tolist() == [1, 2]
    assert windowed.lengths.tolist() == [1, 1]


def test_events_of_one_entity_share_a_window_in_time_order(parse):
    windowed = WindowedBatch.by_entity(parse(flow(2), flow(5, "other"), flow(1), logon(3, "pair")), decode({}, "m"))
    assert windowed.batch_indices.tolist() == [0, 1, 2, 3], "flows first, then all others"
    assert windowed.lengths.tolist() == [3, 1]
    assert windowed.batch_indices[windowed.order].tolist() == [2, 0, 3, 1]
    assert windowed.window.tolist() == [0, 0, 0, 1]


def test_events_of_the_incoming_state_have_no_batch_index(parse):
    before = WindowedBatch.by_entity(parse(flow(1), logon(2)), decode({}, "m"))
    incoming = decode(encode(before.state, "m"), "m")
    windowed = WindowedBatch.by_entity(parse(flow(3), logon(4)), incoming)
    assert windowed.batch_indices.tolist() == [FROM_STATE, 0, FROM_STATE, 1]
    assert windowed.state.entities == ["pair", "host"]
    assert windowed.lengths.tolist() == [2, 2]


def test_the_window_of_a_flow_holds_its_flows_only(parse):
    windowed = WindowedBatch.by_entity(parse(flow(2), logon(1, "pair"), flow(0), flow(9, "other")), decode({}, "m"))
    records, position = windowed.window_of(0)
    assert records["time"].tolist() == [1000.0, 1002.0]
    assert position == 1
