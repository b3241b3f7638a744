"""The rule matcher: rules match by their conditions over values as logged and canonical fields."""

import json

import numpy as np
import pytest

from loglm_bridge.contract.errors import ModelRefused
from loglm_bridge.model.features.compiled_rules import (
    ANY,
    Atom,
    CompiledRule,
    action_prefilter,
    field_hash,
    prefilter,
)
from loglm_bridge.model.features.hashed_patterns import pattern
from loglm_bridge.model.features.ngrams import GRAM_BITS
from loglm_bridge.model.features.rule_matcher import NO_RULES, RuleMatcher
from loglm_bridge.telemetry import CanonicalEvent

START = prefilter("windows sysmon:1")


def process(command, kind="sysmon:1", rule_fields=(), **fields):
    return CanonicalEvent(
        "windows",
        kind,
        (("action", "process_create"), ("process", command), *fields.items()),
        rule_fields=tuple(rule_fields),
    )


def atom(word, field="process"):
    return Atom(field_hash(field), pattern((word,)))


def compiled(*rules, prefilters=(START,)):
    """Return a matcher of rules over the atoms 0..3: four words in the field process."""
    atoms = [atom(word) for word in ("rundll32", "comsvcs", "minidump", "thor64")]
    return RuleMatcher(atoms, [CompiledRule(prefilters, c, "high", (f"T100{i}",)) for i, c in enumerate(rules)])


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("rundll32 comsvcs.dll, minidump 1", [0, 1, 2]),
        ("rundll32 comsvcs.dll, minidump thor64", [0, 1]),
        ("rundll32 shell32.dll", [1]),
        ("comsvcs minidump", [1]),
        ("rundll3 2", []),
        ("", []),
    ],
)
def test_a_rule_matches_where_its_condition_holds(command, expected):
    rules = compiled(["and", 0, 1, 2], ["or", 0, ["and", 1, 2]], ["and", 0, 1, ["not", ["or", 3]]])
    assert rules.match(process(command)) == expected


def test_other_fields_and_other_kinds_of_events_do_not_match():
    rules = compiled(0)
    assert rules.match(process("rundll32 a")) == [0]
    assert rules.match(process("a", parent_process="rundll32 a")) == []
    assert rules.match(process("rundll32 a", kind="sysmon:7")) == []


def test_a_rule_of_an_action_matches_in_every_log_with_the_action():
    rules = compiled(0, prefilters=(action_prefilter("process_create"),))
    assert rules.match(process("rundll32", kind="security:4688")) == [0]
    assert rules.match(CanonicalEvent("edr", "", (("process", "rundll32"),))) == []


def test_a_rule_of_a_channel_matches_every_provider_of_it():
    rules = compiled(0, prefilters=(prefilter("channel system"),))
    assert rules.match(process("rundll32", kind="ntfs:98", rule_fields=[("channel", "system")])) == [0]
    assert rules.match(process("rundll32", kind="ntfs:98", rule_fields=[("channel", "security")])) == []


def test_values_match_as_logged_and_as_canonical():
    rules = RuleMatcher(
        [atom("authori", "user"), atom("rundll32")],
        [CompiledRule((START,), 0, "low", ()), CompiledRule((START,), 1, "low", ())],
    )
    assert rules.match(process("r", rule_fields=[("user", "nt authority\\system")])) == [0]
    assert rules.match(process("rundll32", rule_fields=[("process", "run^dll32")])) == [1]
    assert rules.match(process("{base64}", rule_fields=[("process", "rundll32")])) == [1]


def test_a_pattern_of_any_field_matches_canonical_fields_only():
    rules = RuleMatcher([atom("mimikatz", ANY)], [CompiledRule((START,), 0, "high", ())])
    assert rules.match(process("a", file_path="\\mimikatz.exe")) == [0]
    assert rules.match(process("a", rule_fields=[("recordid", "mimikatz")])) == []


def test_an_empty_value_counts_as_absent():
    exists = RuleMatcher([Atom(field_hash("image"), pattern(()))], [CompiledRule((START,), 0, "low", ())])
    assert exists.match(process("a", rule_fields=[("image", "x")])) == [0]
    assert exists.match(process("a", rule_fields=[("image", "")])) == []


def test_cached_atoms_change_nothing(monkeypatch):
    monkeypatch.setattr("loglm_bridge.model.features.rule_matcher._MAX_CACHED_BYTES", 5_000)
    rules = compiled(0, 1)
    forms = [process(f"{'rundll32' if i % 3 else 'comsvcs'} {i % 7} {'x' * (i % 2 * 2_000)}") for i in range(60)]
    assert [rules.match(form) for form in forms] == [compiled(0, 1).match(form) for form in forms]
    assert sum(map(len, (value for _, value in rules._cache))) <= 5_000


def test_events_with_different_rules_have_different_keys():
    rules = compiled(0)
    plain = [process("{base64}", rule_fields=[("process", text)]) for text in ("rundll32", "regsvr32")]
    first, second = map(rules.mark, plain)
    assert (first.rules, second.rules) == ((0,), ())
    assert first.fields == second.fields
    assert first.key != second.key


def test_an_event_without_a_field_loses_the_rules_of_that_field():
    form = compiled(0).mark(process("rundll32", rule_fields=[("process", "rundll32"), ("user", "x")]))
    less = form.without_field(1)
    assert (less.fields, less.rule_fields) == ((("action", "process_create"),), (("user", "x"),))
    assert compiled(0).mark(less).rules == ()


def test_buckets_stand_for_rule_level_and_techniques():
    rules = RuleMatcher(
        [atom("rundll32"), atom("comsvcs")],
        [CompiledRule((START,), 0, "high", ("T1", "T2")), CompiledRule((START,), 1, "low", ("T2",))],
    )
    first, second = (rules.buckets(rules.mark(process(word))) for word in ("rundll32", "comsvcs"))
    assert (len(first), len(second), rules.count) == (4, 3, 6)
    assert len(np.intersect1d(first, second)) == 1, "the technique they share"
    both = rules.buckets(rules.mark(process("rundll32 comsvcs")))
    assert both.tolist() == list(range(6))
    assert both.dtype == np.int32
    weights = rules.level_weights()[1 << GRAM_BITS :]
    assert (weights[first].sum(), weights[second].sum(), weights.sum()) == (3.0, 1.0, 4.0)


def test_rules_load_as_they_were_dumped(tiny):
    rules = RuleMatcher(
        [atom("rundll32"), Atom(field_hash("process"), pattern(("mini", "dump"), True, False)), atom("x", "b")],
        [CompiledRule((START,), ["and", 0, ["not", 1]], "high", ("T1",)), CompiledRule((START,), 1, "low", ())],
    )
    tensors, text = rules.dump()
    again = RuleMatcher.load(tensors, json.loads(text))
    assert (again.atoms, again.dump()) == (rules.atoms, rules.dump())
    form = again.mark(process("rundll32 minidump"))
    assert form.rules == (0,)
    encoded = [tiny.tokenizer.encode(form)]
    (bag,) = again.bags([form], encoded)
    assert bag[-len(rules.buckets(form)) :].tolist() == [(1 << GRAM_BITS) + b for b in rules.buckets(form)]


def test_no_rules_add_no_buckets():
    form = process("rundll32")
    assert (NO_RULES.count, NO_RULES.match(form), NO_RULES.mark(form)) == (0, [], form)
    assert RuleMatcher.load(NO_RULES.dump()[0], json.loads(NO_RULES.dump()[1])).count == 0


@pytest.mark.parametrize("rules", [{}, {"rules": [[1]]}, {"rules": [[[1], 7, "high", []]]}, {"rules": 3}])
def test_malformed_rules_are_refused(rules):
    with pytest.raises(ModelRefused, match="signatures"):
        RuleMatcher.load(compiled(0).dump()[0], rules)
    with pytest.raises(ModelRefused, match="signatures"):
        RuleMatcher.load(b"nothing", {"rules": []})
