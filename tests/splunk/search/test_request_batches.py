"""Requests of a search with `by`: rows of one entity travel together, with their state from earlier chunks."""

from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loglm_bridge.contract.limits import MAX_WINDOW_EVENTS
from loglm_bridge.contract.reply import Reply
from loglm_bridge.contract.verdict import Verdict
from loglm_bridge.contract.windows import windows_of
from loglm_bridge.contract.wire import ModelId, Options, join_request, read_request
from loglm_bridge.splunk.config.settings import Settings
from loglm_bridge.splunk.rows.row_mapping import EventReader, event_of
from loglm_bridge.splunk.rows.table import Table
from loglm_bridge.splunk.search.labeller import Labeller
from loglm_bridge.splunk.search.options import SearchOptions
from tests.splunk.fake_sidecar import state_of
from tests.splunk.sample_rows import entity_rows
from tests.splunk.splunkd import encode_rows

SETTINGS = Settings.read(Path(__file__).parents[3])


class RecordingClient:
    """Replaces a search's client; records its requests in `chunk`."""

    def __init__(self):
        self.chunk = []

    def label_requests(self, requests, _):
        for context, request in requests:
            batch = read_request(join_request(request.events, Options(), request.state))
            self.chunk.append(batch)
            yield context, Reply(ModelId("m", "1", "0"), (Verdict("empty"),) * len(batch.events), state_of(batch))


def events_of(request, entity):
    return [event for event in request.events if event.entity == entity]


ROW = st.fixed_dictionaries(
    {
        "_raw": st.sampled_from(["a", "b", 'c "d", é', ""]),
        "_time": st.sampled_from(["5", "5.25", "1000", "3000", "9000.5"]),
        "host": st.sampled_from(["", "h1", "h2"]),
        "source": st.just("s"),
    }
)


@settings(deadline=None)
@given(st.lists(st.lists(ROW, min_size=1, max_size=200), min_size=1, max_size=4), st.integers(1, 100))
def test_rows_of_an_entity_are_sent_together_with_its_state(chunks, batch_events):
    options = SearchOptions(None, 3, "loglm_", by=("host",))
    labeller = Labeller(options, SETTINGS._replace(batch_events=batch_events), None, pytest.fail)
    labeller._client = sidecar = RecordingClient()
    expected_states = {}
    for chunk in chunks:
        sidecar.chunk.clear()
        assert len(list(Table("".join(labeller.label(Table(encode_rows(chunk)))).encode()))) == len(chunk)
        events = [event for row in chunk if (event := event_of(row, "_raw", ("host",))).raw]
        assert sorted(e for request in sidecar.chunk for e in request.events) == sorted(events)
        for entity in {event.entity for event in events} - {""}:
            of_entity = [event for event in events if event.entity == entity]
            parts = [request for request in sidecar.chunk if events_of(request, entity)]
            assert sum(entity in request.state for request in parts) == (entity in expected_states)
            if len(of_entity) <= 2 * batch_events:
                (request,) = parts
                assert events_of(request, entity) == of_entity
                assert request.state.get(entity) == expected_states.get(entity)
                expected_states[entity] = state_of(request)[entity]
            else:
                expected = [[of_entity[index] for index in window] for window in windows_of(of_entity)]
                parts_events = [events_of(request, entity) for request in parts]
                assert sorted([part[i] for i in w] for part in parts_events for w in windows_of(part)) == sorted(
                    expected
                )
                assert all(len(request.events) <= max(2 * batch_events, MAX_WINDOW_EVENTS) for request in parts)
                expected_states[entity] = labeller._states.get([entity])[entity]
                assert expected_states[entity] in [
                    state_of(request)[entity] for request in parts if of_entity[-1] in request.events
                ]


def test_bug_costs_labels_of_rows_not_yet_sent(monkeypatch):
    options = SearchOptions(None, 3, "loglm_", by=("host",))
    errors = []
    labeller = Labeller(options, SETTINGS._replace(batch_events=1), None, errors.append)
    labeller._client = RecordingClient()
    monkeypatch.setattr(EventReader, "encoded", broken_at(5, EventReader.encoded))
    text = "".join(labeller.label(Table(encode_rows(entity_rows(8, entities=("a", "b", "c", "d"))))))
    statuses = [row["loglm_status"] for row in Table(text.encode()).records()]
    assert sorted(statuses) == ["empty"] * 2 + ["error"] * 6
    assert len(errors) == 1


def broken_at(number, write):
    calls = count(1)

    def wrapped(read, cells):
        if next(calls) == number:
            raise RuntimeError("a bug")
        return write(read, cells)

    return wrapped
