"""`by=` end to end: rows of one entity travel together, with company from earlier chunks, and keep their places."""

import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loglm_bridge.contract.event import Event
from loglm_bridge.contract.limits import MAX_SEQUENCE
from loglm_bridge.contract.sequence import windows
from loglm_bridge.contract.wire import Options, join_request, read_request
from loglm_bridge.splunk.client import split
from loglm_bridge.splunk.company import KEPT
from loglm_bridge.splunk.labeller import Labeller
from loglm_bridge.splunk.options import SearchOptions
from loglm_bridge.splunk.rows import event_of
from loglm_bridge.splunk.settings import Settings
from loglm_bridge.splunk.table import Table
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
    _, first = one.execute(rows(5), finished=False)
    _, second = one.execute(rows(3, start=5), finished=False)
    _, third = one.execute([{**row, "host": "other"} for row in rows(2, start=8)])
    assert [row["n"] for row in first + second + third] == [str(i) for i in range(10)]
    assert {row["loglm_status"] for row in first + second + third} == {"ok"}
    seen = standin.seen()
    assert seen["batches"] == [5, 8, 2]
    assert seen["options"]["sequence"] is True
    assert one.end() == 0


def test_without_by_nothing_is_sent_twice(standin, app_at, search):
    one = search(app_at(standin.port))
    one.getinfo()
    one.execute(rows(5), finished=False)
    one.execute(rows(3, start=5))
    assert standin.seen()["batches"] == [5, 3]


def test_a_million_rows_would_send_bounded_company(standin, app_at, search):
    one = search(app_at(standin.port, sidecar="batch_events = 500"))
    one.getinfo("by=host")
    for start in range(0, 400, 100):
        _, found = one.execute(rows(100, start), finished=start == 300)
        assert [row["n"] for row in found] == [str(i) for i in range(start, start + 100)]
    assert standin.seen()["batches"] == [100, 100 + KEPT, 100 + KEPT, 100 + KEPT]


def test_rows_survive_a_sidecar_that_is_away(app_at, search):
    one = search(app_at(1))
    one.getinfo("by=host")
    _, found = one.execute(rows(70))
    assert [(row["n"], row["loglm_status"]) for row in found] == [(str(i), "unavailable") for i in range(70)]


@settings(deadline=None)
@given(st.lists(st.sampled_from("abcd"), max_size=400), st.integers(1, 200), st.randoms(use_true_random=False))
def test_a_request_holds_whole_windows(entities, most, rng):
    events = [Event(f"{i}", entity=entity, time=float(i)) for i, entity in enumerate(entities)]
    rng.shuffle(events)
    parts = list(split(replace(SETTINGS, batch_events=most), windows(events), [100] * len(events)))
    assert sorted(place for part in parts for place in part) == list(range(len(events)))
    assert all(len(part) <= max(most, MAX_SEQUENCE) for part in parts)
    wanted = [[events[p] for p in window] for window in windows(events)]
    again = [[events[part[p]] for p in window] for part in parts for window in windows([events[p] for p in part])]
    assert sorted(wanted, key=repr) == sorted(again, key=repr)


def test_order_does_not_matter_within_a_chunk(standin, app_at, search):
    sent = rows(40, entities=("a", "b", "c"))
    random.Random(1).shuffle(sent)
    one = search(app_at(standin.port))
    one.getinfo("by=host")
    _, found = one.execute(sent)
    assert [row["n"] for row in found] == [row["n"] for row in sent]


def told_by_event(chunks):
    """Of each row of each chunk, the window that it is read in, and its place: event by event, without haste."""
    company = {}
    for chunk in chunks:
        events = [event_of(row, "_raw", ("host",)) for row in chunk]
        known = [kept for entity in dict.fromkeys(e.entity for e in events) for kept in company.get(entity, [])]
        together, found = [*known, *events], {}
        for window in windows(together):
            read = [together[place] for place in window]
            found.update((place - len(known), (read, number)) for number, place in enumerate(window))
        yield [found[i] for i in range(len(events))]
        for event in events:
            if event.entity:
                company[event.entity] = [*company.get(event.entity, []), event][-KEPT:]


def told_by_search(chunks, most):
    """The same, as a sidecar sees it that cuts the windows of each request."""
    options = SearchOptions(None, 3, "loglm_", by=("host",))
    labeller = Labeller(options, replace(SETTINGS, batch_events=most), None, pytest.fail)
    for chunk in chunks:
        found = {}
        for (_, places, _), request in labeller._requests(Table(encode_rows(chunk))):
            events = read_request(join_request(request.events, Options())).events
            rows = dict(zip([i for i, new in enumerate(request.wanted or ()) if new], places, strict=True))
            assert [event.context for event in events] == [place not in rows for place in range(len(events))]
            for window in windows(events):
                read = [events[place]._replace(context=False) for place in window]
                found.update((rows[place], (read, number)) for number, place in enumerate(window) if place in rows)
        yield [found[i] for i in range(len(chunk))]


ROW = st.fixed_dictionaries(
    {
        "_raw": st.sampled_from(["a", "b", 'c "d", é']),
        "_time": st.sampled_from(["5", "5.25", "1000", "3000", "9000.5"]),
        "host": st.sampled_from(["", "h1", "h2"]),
        "source": st.just("s"),
    }
)


@settings(deadline=None)
@given(st.lists(st.lists(ROW, min_size=1, max_size=60), min_size=1, max_size=4), st.integers(1, 100))
def test_each_row_is_read_in_the_window_that_its_events_make(chunks, most):
    assert list(told_by_search(chunks, most)) == list(told_by_event(chunks))
