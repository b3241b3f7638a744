"""The vocabulary: the same corpus gives the same file; class tokens and known names are whole."""

import random

import pytest

from loglm_bridge.lab.train import vocabulary
from loglm_bridge.model.features.tokenizer import CONTROL, EventTokenizer
from loglm_bridge.telemetry import CanonicalEvent
from tests.lab.tiny import everywhere


def saved(forms, path, **settings):
    vocabulary.train(forms, everywhere(forms), (), 400, **settings).save(str(path))
    return path.read_bytes()


def test_the_same_corpus_gives_the_same_file(tiny, tmp_path):
    assert saved(tiny.forms, tmp_path / "a") == saved(tiny.forms, tmp_path / "b")


def test_the_order_of_the_corpus_does_not_move_control_ids(tiny, tmp_path):
    shuffled = random.Random(1).sample(tiny.forms, len(tiny.forms))
    found = []
    for name, forms in (("a", tiny.forms), ("b", shuffled)):
        saved(forms, tmp_path / name)
        tokenizer = EventTokenizer.load(tmp_path / name)
        found.append(tokenizer.pieces(sorted(tokenizer.control_ids)))
    assert found[0] == found[1]


def test_control_tokens_come_first_and_rare_names_get_none(tiny, tmp_path):
    forms = [*tiny.forms, CanonicalEvent("once", "only", (("unheard", "x"),))]
    saved(forms, tmp_path / "t", min_kind=2, min_field=2)
    tokenizer = EventTokenizer.load(tmp_path / "t")
    control = sorted(tokenizer.control_ids)
    assert control == list(range(len(control)))
    assert tokenizer.pieces(control)[: len(CONTROL)] == list(CONTROL)
    assert not {"[F:unheard]", "[K:once only]"} & set(tokenizer.pieces(control))


def test_values_are_cut_where_words_end(tiny):
    cut = tiny.tokenizer._tokenizer.pre_tokenizer.pre_tokenize_str("c:\\temp\\{hex+16} -enc /c a.exe")
    assert [piece for piece, _ in cut] == ["c", ":", "\\temp", "\\", "{hex+16}", "-enc", "/c", "a", ".exe"]


def test_any_character_has_a_piece(tiny):
    form = CanonicalEvent("f", "k", (("x", "\N{SNOWMAN}\N{PILE OF POO}é"),))
    assert len(tiny.tokenizer.encode(form).ids) > 6


ENOUGH = vocabulary.MIN_RECORDINGS


@pytest.mark.parametrize(
    ("recordings", "sources", "names", "whole"),
    [
        (ENOUGH, vocabulary.MIN_SOURCES, (), True),
        (ENOUGH - 1, vocabulary.MIN_SOURCES, (), False),
        (ENOUGH, vocabulary.MIN_SOURCES - 1, (), False),
        (ENOUGH, vocabulary.MIN_SOURCES, ("zqxjkvbwpy",), False),
    ],
)
def test_a_word_of_few_recordings_or_sources_or_a_name_makes_no_piece(
    tiny, tmp_path, recordings, sources, names, whole
):
    told = [CanonicalEvent("f", "k", (("x", f"run {n} \\zqxjkvbwpy now"),)) for n in range(40)]
    held = [[(f"s{n % recordings % sources}", str(n % recordings))] for n in range(40)]
    vocabulary.train([*tiny.forms, *told], everywhere(tiny.forms) + held, names, 600).save(str(tmp_path / "t"))
    pieces = EventTokenizer.load(tmp_path / "t").pieces(range(600))
    assert any("zqxj" in piece for piece in pieces) is whole
