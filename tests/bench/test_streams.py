"""Streams are what they say: repeating in canonical form, distinct, or flows of pairs; the same at every call."""

from loglm_bridge.bench import streams
from loglm_bridge.demo.samples import read_samples

BASE = [sample.event for sample in read_samples() if sample.kind != "broken"]


def test_a_repeating_stream_repeats_what_happens_and_nothing_else():
    made = list(streams.repeating(BASE, 6 * len(BASE)))
    raw, forms = streams.shares(made)
    assert raw > 0.8
    assert forms < 0.4
    assert [event.time for event in made] == sorted(event.time for event in made)


def test_in_a_distinct_stream_no_canonical_event_comes_twice():
    assert streams.shares(list(streams.distinct(1_000))) == (1.0, 1.0)


def test_flows_have_their_pair_as_entity():
    made = list(streams.flows(500, pairs=20))
    assert len({event.entity for event in made}) == 20
    assert all(part in event.raw for event in made for part in event.entity.split())


def test_streams_are_the_same_at_every_call():
    for make in (lambda: streams.repeating(BASE, 300), lambda: streams.distinct(50), lambda: streams.flows(50)):
        assert list(make()) == list(make())
