"""`by=` end to end: rows of one entity travel together, with their past from earlier chunks, and keep their places."""

import random
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
from tests.splunk.sidecar_standin import state_of
from tests.splunk.splunkd import encode_rows

SETTINGS = Settings.read(Path(__file__).parents[2])


def rows(count, start=0, entities=("a",)):
    """Rows in reverse time order, as a search gives them."""
    return [
        {"_raw": f"event {i}", "_time": f"{1_700_000_000 - i}", "host": entities[i % len(entities)], "n": str(i),
         "source": "s", "sourcetype": "t"}
        for i in range(start, start + count)
    ]  # fmt: skip


def test_a_chunk_is_read_with_what_earlier_chunks_left(standin, app_at, search):
    one = search(app_at(standin.port, sidecar="batch_events = 100"))
    one.getinfo("by=host")
    _, first = one.execute(rows(2), finished=False)
    _, second = one.execute(rows(1, start=2), finished=False)
    _, third = one.execute([{**row, "host": "other"} for row in rows(2, start=3)], finished=False)
    _, fourth = one.execute(rows(1, start=5))
    assert [row["n"] for row in first + second + third + fourth] == [str(i) for i in range(6)]
    assert {row["loglm_status"] for row in first + second + third + fourth} == {"ok"}
    seen = standin.seen()
    assert seen["batches"] == [2, 1, 2, 1]
    assert seen["options"]["sequence"] is True
    assert seen["past"] == [{}, {"a": "<event 0><event 1>"}, {}, {"a": "<event 0><event 1><event 2>"}]
    assert one.end() == 0


def test_without_by_there_is_no_past(standin, app_at, search):
    one = search(app_at(standin.port))
    one.getinfo()
    one.execute(rows(5), finished=False)
    one.execute(rows(3, start=5))
    assert standin.seen()["batches"] == [5, 3]
    assert standin.seen()["past"] == [None, None]


def test_a_sidecar_that_knows_no_past_is_good_enough(standin, app_at, search):
    standin.fault("forgetful")
    one = search(app_at(standin.port))
    one.getinfo("by=host")
    for start in (0, 5):
        _, found = one.execute(rows(5, start), finished=start == 5)
        assert {row["loglm_status"] for row in found} == {"ok"}
    assert standin.seen()["past"] == [{}, {}]


def test_rows_survive_a_sidecar_that_is_away(app_at, search):
    one = search(app_at(1))
    one.getinfo("by=host")
    _, found = one.execute(rows(70))
    assert [(row["n"], row["loglm_status"]) for row in found] == [(str(i), "unavailable") for i in range(70)]


def test_order_does_not_matter_within_a_chunk(standin, app_at, search):
    sent = rows(40, entities=("a", "b", "c"))
    random.Random(1).shuffle(sent)
    one = search(app_at(standin.port))
    one.getinfo("by=host")
    _, found = one.execute(sent)
    assert [row["n"] for row in found] == [row["n"] for row in sent]


class Sidecar:
    """Takes a search's requests in the place of its client, and notes what would be read with what."""

    def __init__(self):
        self.chunk = []

    def label_requests(self, requests, _):
        for about, request in requests:
            found = read_request(join_request(request.events, Options(), request.state))
            self.chunk.append(found)
            yield about, Reply(ModelId("m", "1", "0"), (Verdict("empty"),) * len(found.events), state_of(found))


def of(request, entity):
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
def test_rows_of_one_entity_travel_together_with_their_past(chunks, most):
    options = SearchOptions(None, 3, "loglm_", by=("host",))
    labeller = Labeller(options, SETTINGS._replace(batch_events=most), None, pytest.fail)
    labeller._client = sidecar = Sidecar()
    left = {}
    for chunk in chunks:
        sidecar.chunk.clear()
        assert len(list(Table("".join(labeller.label(Table(encode_rows(chunk)))).encode()))) == len(chunk)
        events = [event for row in chunk if (event := event_of(row, "_raw", ("host",))).raw]
        assert sorted(e for request in sidecar.chunk for e in request.events) == sorted(events)
        for entity in {event.entity for event in events} - {""}:
            run = [event for event in events if event.entity == entity]
            parts = [request for request in sidecar.chunk if of(request, entity)]
            assert sum(entity in request.state for request in parts) == (entity in left)
            if len(run) <= 2 * most:
                (request,) = parts
                assert of(request, entity) == run
                assert request.state.get(entity) == left.get(entity)
                left[entity] = state_of(request)[entity]
            else:
                wanted = [[run[place] for place in window] for window in windows_of(run)]
                told = [of(request, entity) for request in parts]
                assert sorted([part[i] for i in w] for part in told for w in windows_of(part)) == sorted(wanted)
                assert all(len(request.events) <= max(2 * most, MAX_WINDOW_EVENTS) for request in parts)
                left[entity] = labeller._states.get([entity])[entity]
                assert left[entity] in [state_of(request)[entity] for request in parts if run[-1] in request.events]


def test_a_defect_costs_the_rows_that_were_not_asked_about(monkeypatch):
    options = SearchOptions(None, 3, "loglm_", by=("host",))
    defects = []
    labeller = Labeller(options, SETTINGS._replace(batch_events=1), None, defects.append)
    labeller._client = Sidecar()
    monkeypatch.setattr(EventReader, "encoded", broken_at(5, EventReader.encoded))
    text = "".join(labeller.label(Table(encode_rows(rows(8, entities=("a", "b", "c", "d"))))))
    statuses = [row["loglm_status"] for row in Table(text.encode()).records()]
    assert sorted(statuses) == ["empty"] * 2 + ["error"] * 6
    assert len(defects) == 1


def broken_at(number, write):
    calls = count(1)

    def wrapped(read, cells):
        if next(calls) == number:
            raise RuntimeError("a defect")
        return write(read, cells)

    return wrapped
