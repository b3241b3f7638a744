"""Streams repeat canonical events, repeat none, or are flows of pairs; they are the same at every call."""

import gzip
import json
from itertools import islice, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loglm_bridge.bench.workload import streams
from loglm_bridge.bench.workload.distinct_events import COUNT, distinct_event
from loglm_bridge.bench.workload.streams import Stream
from loglm_bridge.contract.errors import InputError
from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry import parse_and_canonicalise


def forms(stream: Stream, start: int, count: int, turn: int = 0) -> list[bytes]:
    """The keys of canonical events."""
    return [parse_and_canonicalise(event)[1].key for event in stream.events(start, count, turn)]


def raws(stream: Stream, start: int, count: int, turn: int = 0) -> list[str]:
    """The raw texts."""
    return [event.raw for event in stream.events(start, count, turn)]


def test_a_repeating_stream_repeats_canonical_events_with_other_values(base):
    stream, size = streams.repeating("samples", base), len(base)
    first = forms(stream, 0, size)
    assert forms(stream, size, size) == forms(stream, 0, size, turn=1) == first
    passes = [raws(stream, i * size, size) for i in range(3)] + [raws(stream, 0, size, turn=1)]
    for i in range(size):
        assert len({texts[i] for texts in passes}) == len(passes), base[i].raw


def test_the_shares_of_a_repeating_stream_show_its_repetition(base):
    raw, canonical_share = streams.shares(streams.repeating("samples", base).events(0, 5 * len(base)))
    assert raw == 1
    assert canonical_share <= 1 / 5


def test_a_distinct_stream_repeats_nothing_and_holds_several_kinds():
    events = list(streams.distinct().events(0, 1_000))
    assert streams.shares(iter(events)) == (1, 1)
    assert len({parse_and_canonicalise(event)[1].kind for event in events}) == 9
    assert len({event.raw[:1] for event in events}) >= 4, "JSON, XML and text"


def test_another_turn_of_a_distinct_stream_has_the_same_canonical_events():
    stream = streams.distinct()
    assert forms(stream, 50, 40) == forms(stream, 50, 40, turn=1)
    assert not set(raws(stream, 50, 40)) & set(raws(stream, 50, 40, turn=1))


@settings(deadline=None)
@given(st.integers(0, COUNT - 1), st.integers(0, COUNT - 1))
def test_no_two_numbers_have_one_canonical_form(one, other):
    alike = parse_and_canonicalise(distinct_event(one))[1].key == parse_and_canonicalise(distinct_event(other))[1].key
    assert alike == (one == other)


@given(st.floats(0, 1), st.integers(0, 10_000), st.integers(1, 200))
def test_a_mixed_stream_has_its_share_of_new_events_in_every_stretch(share, start, count):
    known = Stream("known", lambda index, _: Event(raw=f"known {index}"))
    events = list(streams.mixed("mixed", known, share).events(start, count))
    new = [event for event in events if not event.raw.startswith("known")]
    assert abs(len(new) - share * count) <= 1
    assert len({event.raw for event in events}) == count


def test_flows_have_many_pairs_and_come_in_order_of_time():
    events = list(streams.flows(pairs=50).events(0, 300))
    assert 40 < len({event.entity for event in events}) <= 50
    assert [event.time for event in events] == sorted({event.time for event in events})
    assert {parse_and_canonicalise(event)[0].family for event in events} == {"flow"}


def test_another_turn_of_flows_has_other_ports_and_the_same_amounts():
    stream = streams.flows(pairs=50)
    for one, other in zip(stream.events(0, 50), stream.events(0, 50, turn=1), strict=True):
        before, after = json.loads(one.raw), json.loads(other.raw)
        assert before.pop("src_port") != after.pop("src_port")
        assert before == after


@pytest.mark.parametrize("stream", [streams.distinct(), streams.flows()], ids=lambda stream: stream.name)
def test_a_stream_is_the_same_at_every_call_and_from_every_index(stream):
    assert list(stream.events(3, 7)) == list(islice(stream.events(0, 10), 3, None))


def lines(path, name: str, count: int) -> str:
    """Write a file of events and return its path."""
    with gzip.open(path / name, "wt") as out:
        out.writelines(json.dumps({"raw": f"{name} {i}"}) + "\n" for i in range(count))
    return str(path / name)


def test_files_are_interleaved_and_each_keeps_its_order(tmp_path):
    files = [lines(tmp_path, "a", 30), lines(tmp_path, "b", 10)]
    events = [event.raw for event in streams.events_of(files)]
    assert [raw for raw in events if raw.startswith("a")] == [f"a {i}" for i in range(30)]
    assert [raw for raw in events if raw.startswith("b")] == [f"b {i}" for i in range(10)]
    assert sum(raw.startswith("b") for raw in events[:20]) == 5


def test_runs_of_consecutive_events_are_taken_of_large_files(tmp_path):
    events = [event.raw for event in streams.events_of([lines(tmp_path, "a", 10_000)], limit=1_000)]
    indices = [int(raw.split()[1]) for raw in events]
    assert 900 <= len(indices) <= 1_100
    assert indices == sorted(indices)
    assert indices[0] < 1_000 < 8_000 < indices[-1]
    assert sum(b - a == 1 for a, b in pairwise(indices)) > 0.8 * len(indices)


def test_a_missing_file_is_named():
    with pytest.raises(InputError, match="no such file"):
        streams.events_of(["nowhere.jsonl"])
