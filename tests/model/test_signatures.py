"""Signatures: an atom holds where all its n-grams are, a rule where its condition does, nothing else matters."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.errors import ModelRefused
from loglm_bridge.model.grams import GRAM_BITS
from loglm_bridge.model.signatures import SignatureRule, Signatures, action_gate, gate, ngrams, text_ngrams
from loglm_bridge.telemetry import Canonical

START = gate("windows sysmon:1")


def process(command, kind="sysmon:1", **fields):
    return Canonical("windows", kind, (("action", "process_create"), ("process", command), *fields.items()))


def compiled(*rules):
    """Atoms 0..3: four words in the field process."""
    atoms = [text_ngrams("process", word) for word in ("rundll32", "comsvcs", "minidump", "thor64")]
    return Signatures(atoms, [SignatureRule((START,), c, "high", (f"T100{i}",)) for i, c in enumerate(rules)])


@pytest.mark.parametrize(
    ("command", "holding"),
    [
        ("rundll32 comsvcs.dll, minidump 1", [0, 1, 2]),
        ("rundll32 comsvcs.dll, minidump thor64", [0, 1]),
        ("rundll32 shell32.dll", [1]),
        ("comsvcs minidump", [1]),
        ("rundll3 2", []),
        ("", []),
    ],
)
def test_a_rule_holds_where_its_condition_does(command, holding):
    rules = compiled(["and", 0, 1, 2], ["or", 0, ["and", 1, 2]], ["and", 0, 1, ["not", ["or", 3]]])
    assert rules.hits(process(command)) == holding


def test_another_field_or_another_kind_of_event_does_not_count():
    rules = compiled(0)
    assert rules.hits(process("rundll32 a")) == [0]
    assert rules.hits(process("a", parent_process="rundll32 a")) == []
    assert rules.hits(process("rundll32 a", kind="sysmon:7")) == []


def test_a_rule_of_an_action_holds_in_every_log_that_shows_it():
    atoms = [text_ngrams("process", "rundll32")]
    rules = Signatures(atoms, [SignatureRule((action_gate("process_create"),), 0, "high", ())])
    assert rules.hits(process("rundll32", kind="security:4688")) == [0]
    assert rules.hits(Canonical("edr", "", (("process", "rundll32"),))) == []


@given(st.text(max_size=40), st.text(min_size=5, max_size=20), st.text(max_size=40))
def test_a_pattern_holds_wherever_it_stands(before, pattern, after):
    rules = Signatures([text_ngrams("process", pattern)], [SignatureRule((START,), 0, "low", ())])
    assert rules.hits(process(before + pattern + after)) == [0]


def test_buckets_name_the_rule_its_level_and_its_techniques():
    atoms = [text_ngrams("process", word) for word in ("rundll32", "comsvcs")]
    rules = Signatures(
        atoms,
        [SignatureRule((START,), 0, "high", ("T1", "T2")), SignatureRule((START,), 1, "low", ("T2",))],
    )
    first, second = rules.buckets(process("rundll32")), rules.buckets(process("comsvcs"))
    assert (len(first), len(second), rules.count) == (4, 3, 6)
    assert len(np.intersect1d(first, second)) == 1, "the technique they share"
    both = rules.buckets(process("rundll32 comsvcs"))
    assert both.tolist() == list(range(6))
    assert both.dtype == np.int32


def test_what_was_written_is_read(tiny):
    rules = compiled(["and", 0, ["not", 1]], 2)
    tensors, text = rules.dump()
    again = Signatures.load(tensors, json.loads(text))
    assert again.dump() == rules.dump()
    form = process("rundll32 minidump")
    assert again.hits(form) == rules.hits(form) == [0, 1]
    encoded = [tiny.tokenizer.encode(form)]
    (bag,) = again.bags([form], encoded)
    assert bag[-len(rules.buckets(form)) :].tolist() == [(1 << GRAM_BITS) + b for b in rules.buckets(form)]


def test_no_rules_add_nothing(tiny):
    none = Signatures([], [])
    assert (none.count, none.hits(process("rundll32")), none.buckets(process("x")).tolist()) == (0, [], [])
    assert Signatures.load(none.dump()[0], json.loads(none.dump()[1])).count == 0


@pytest.mark.parametrize("rules", [{}, {"rules": [[1]]}, {"rules": [[[1], 7, "high", []]]}, {"rules": 3}])
def test_something_else_is_refused(rules):
    with pytest.raises(ModelRefused, match="signatures"):
        Signatures.load(compiled(0).dump()[0], rules)
    with pytest.raises(ModelRefused, match="signatures"):
        Signatures.load(b"nothing", {"rules": []})


def test_a_long_value_is_looked_at_from_its_beginning():
    assert len(ngrams(process("a" * 1_000_000))) == len(ngrams(process("a" * 10_000)))
    assert compiled(0).hits(process("x" * 9_000 + "rundll32")) == []
