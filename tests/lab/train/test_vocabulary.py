"""The vocabulary: the same corpus gives the same file; placeholders are whole; rare words make no piece."""

import random

import pytest

from loglm_bridge.lab.train import vocabulary
from loglm_bridge.model.features.tokenizer import CONTROL, EventTokenizer
from loglm_bridge.telemetry import CanonicalEvent
from tests.lab.tiny import in_all_recordings


def saved(events, path, **settings):
    vocabulary.train(events, in_all_recordings(events), (), 400, **settings).save(str(path))
    return path.read_bytes()


def test_the_same_corpus_gives_the_same_file(tiny, tmp_path):
    assert saved(tiny.canonicals, tmp_path / "a") == saved(tiny.canonicals, tmp_path / "b")


def test_control_ids_do_not_depend_on_the_order_of_the_corpus(tiny, tmp_path):
    shuffled = random.Random(1).sample(tiny.canonicals, len(tiny.canonicals))
    control = []
    for name, events in (("a", tiny.canonicals), ("b", shuffled)):
        saved(events, tmp_path / name)
        tokenizer = EventTokenizer.load(tmp_path / name)
        control.append(tokenizer.pieces(sorted(tokenizer.control_ids)))
    assert control[0] == control[1]


def test_control_tokens_come_first_and_rare_names_get_none(tiny, tmp_path):
    events = [*tiny.canonicals, CanonicalEvent("once", "only", (("unheard", "x"),))]
    saved(events, tmp_path / "t", min_kind=2, min_field=2)
    tokenizer = EventTokenizer.load(tmp_path / "t")
    control = sorted(tokenizer.control_ids)
    assert control == list(range(len(control)))
    assert tokenizer.pieces(control)[: len(CONTROL)] == list(CONTROL)
    assert not {"[F:unheard]", "[K:once only]"} & set(tokenizer.pieces(control))


def test_values_are_cut_where_words_end(tiny):
    cut = tiny.tokenizer._tokenizer.pre_tokenizer.pre_tokenize_str("c:\\temp\\{hex+16} -enc /c a.exe")
    assert [piece for piece, _ in cut] == ["c", ":", "\\temp", "\\", "{hex+16}", "-enc", "/c", "a", ".exe"]


def test_any_character_has_a_piece(tiny):
    event = CanonicalEvent("f", "k", (("x", "\N{SNOWMAN}\N{PILE OF POO}é"),))
    assert len(tiny.tokenizer.encode(event).ids) > 6


ENOUGH = vocabulary.MIN_RECORDINGS


@pytest.mark.parametrize(
    ("recording_count", "sources", "names", "whole"),
    [
        (ENOUGH, vocabulary.MIN_SOURCES, (), True),
        (ENOUGH - 1, vocabulary.MIN_SOURCES, (), False),
        (ENOUGH, vocabulary.MIN_SOURCES - 1, (), False),
        (ENOUGH, vocabulary.MIN_SOURCES, ("zqxjkvbwpy",), False),
    ],
)
def test_a_word_of_few_recordings_or_sources_or_a_name_makes_no_piece(
    tiny, tmp_path, recording_count, sources, names, whole
):
    events = [CanonicalEvent("f", "k", (("x", f"run {n} \\zqxjkvbwpy now"),)) for n in range(40)]
    holders = [[(f"s{n % recording_count % sources}", str(n % recording_count))] for n in range(40)]
    recordings = in_all_recordings(tiny.canonicals) + holders
    vocabulary.train([*tiny.canonicals, *events], recordings, names, 600).save(str(tmp_path / "t"))
    pieces = EventTokenizer.load(tmp_path / "t").pieces(range(600))
    assert any("zqxj" in piece for piece in pieces) is whole
