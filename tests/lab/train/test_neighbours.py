"""The most specific events of a recording: rule hits first, then events that few recordings share."""

import numpy as np

from loglm_bridge.lab.data.corpus import CorpusEvent
from loglm_bridge.lab.train.features import Features
from loglm_bridge.lab.train.neighbours import MAX_EVENTS, collect, most_specific, recording_id

SOURCE = "otrf_security_datasets"
HIT = (("rule", "medium", ()),)


def event(canonical, group, hits=(), source=SOURCE, techniques=("T1",)):
    return CorpusEvent(f"{group}/{canonical}", source, group, canonical, "malicious", techniques, hits, False)


EVENTS = [
    *(event(0, group) for group in ("a", "b", "c")),
    *(event(i, "a") for i in (1, 2, 3)),
    event(1, "b"),
    event(4, "a", HIT),
]


def test_rule_hits_come_first_and_then_the_rarest_events():
    assert [e.canonical for e in most_specific(EVENTS)[SOURCE, "a"]] == [4, 2, 3]
    assert [e.canonical for e in most_specific(EVENTS)[SOURCE, "b"]] == [1, 0]


def test_recordings_without_technique_and_other_sources_are_left_out():
    others = [event(5, "d", techniques=()), event(6, "m", source="evtx_baseline")]
    assert list(most_specific([*EVENTS, *others])) == [(SOURCE, group) for group in "abc"]


def test_neighbours_hold_a_vector_for_each_event_and_ids_that_hide_the_group():
    features = Features(np.eye(5, dtype=np.float32), [np.array([i]) for i in range(5)])
    neighbours = collect(EVENTS, features)
    assert neighbours.owners.tolist() == [0] * MAX_EVENTS + [1, 1, 2]
    assert [recording.id for recording in neighbours.recordings] == [recording_id(SOURCE, group) for group in "abc"]
    assert len(recording_id(SOURCE, "a")) == len(SOURCE) + 1 + 12
    assert neighbours.vectors.shape == (6, 5)
