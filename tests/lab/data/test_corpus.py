"""The corpus: distinct canonical events, their recordings, and which are held out."""

import pytest

from loglm_bridge.lab.data.corpus import Corpus, build, load
from loglm_bridge.lab.data.sources import read_events, validation_groups
from loglm_bridge.telemetry import parse_and_canonicalise


@pytest.fixture(scope="module")
def built(data, tmp_path_factory):
    """The corpus of the tiny data, and its folder."""
    out = tmp_path_factory.mktemp("run") / "corpus"
    return build(data.folder, validation_groups(data.split), out, workers=1), out


def test_every_event_has_the_index_of_its_canonical_event(data, built):
    corpus, _ = built
    rows = [
        *read_events(data.folder / "evtx_baseline.jsonl.gz"),
        *read_events(data.folder / "otrf_security_datasets.jsonl.gz"),
    ]
    assert [e.id for e in corpus.events] == [r.id for r in rows]
    for event, row in zip(corpus.events, rows, strict=True):
        assert corpus.canonicals[event.canonical] == parse_and_canonicalise(row.event)[1]
        assert (event.label, event.techniques, event.hits) == (row.label, row.techniques, row.hits)
    assert len(set(corpus.canonicals)) == len(corpus.canonicals) < len(corpus.events)


def test_command_catalogues_are_not_in_the_corpus(built):
    assert {e.source for e in built[0].events} == {"evtx_baseline", "otrf_security_datasets"}


def test_held_out_recordings_never_enter_training(data, built):
    corpus, _ = built
    held_out = {e.id for e in corpus.events if e.group in data.held_out and e.source == "otrf_security_datasets"}
    assert held_out
    assert {e.id for e in corpus.events if e.held_out} == held_out
    assert not held_out & {e.id for e in corpus.training()}
    assert len(corpus.training()) + len(held_out) == len(corpus.events)
    assert corpus.training(everything=True) == corpus.events


def test_a_group_is_held_out_for_its_own_source_only(data, tmp_path):
    (group, *_) = data.held_out
    corpus = build(data.folder, {"evtx_baseline": frozenset((group,))}, tmp_path / "c", workers=1)
    assert not any(e.held_out for e in corpus.events if e.source != "evtx_baseline")


def test_a_second_build_reads_the_first(built, tmp_path):
    corpus, out = built
    assert load(out) == Corpus(list(corpus.canonicals), list(corpus.events), corpus.names)
    assert build(tmp_path / "nowhere", {}, out) == load(out)
