"""Compiled rules: conditions, the atoms that trigger a rule, and prefilters."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.model.features.compiled_rules import (
    CompiledRule,
    action_prefilter,
    holds,
    prefilter,
    prefilters_of,
    rules_by_trigger,
)
from loglm_bridge.telemetry import CanonicalEvent

ATOMS = 4
CONDITIONS = st.recursive(
    st.integers(0, ATOMS - 1),
    lambda inner: st.builds(
        lambda op, parts: [op, *parts], st.sampled_from(["and", "or"]), st.lists(inner, min_size=1)
    ),
    max_leaves=6,
)


def rule(condition):
    return CompiledRule((1,), condition, "high", ())


def test_conditions_combine_atoms():
    condition = ["and", 0, ["or", 1, 2], ["not", 3]]
    assert [atoms for atoms in ({0, 1}, {0, 2}, {0}, {1, 2}, {0, 1, 3}) if holds(condition, atoms)] == [{0, 1}, {0, 2}]


@given(st.lists(CONDITIONS, min_size=1, max_size=4))
def test_wherever_a_rule_matches_one_of_its_triggers_does(conditions):
    by_trigger = rules_by_trigger([rule(condition) for condition in conditions], ATOMS)
    for present in product((False, True), repeat=ATOMS):
        atoms = {atom for atom in range(ATOMS) if present[atom]}
        triggered = {index for atom in atoms for index in by_trigger[atom]}
        assert {index for index, condition in enumerate(conditions) if holds(condition, atoms)} <= triggered


def test_of_several_required_atoms_the_least_frequent_triggers():
    assert rules_by_trigger([rule(["and", 0, 1]), rule(0)], 2) == [[1], [0]]


def test_negated_atoms_trigger_nothing():
    assert rules_by_trigger([rule(["and", 0, ["not", 1]]), rule(["not", 1])], 2) == [[0], []]


def test_an_event_has_prefilters_of_family_kind_action_and_channel():
    event = CanonicalEvent("windows", "sysmon:1", (("action", "process_create"),))
    assert prefilters_of(event, ["system"]) == {
        prefilter("windows"),
        prefilter("windows sysmon:1"),
        prefilter("part sysmon"),
        prefilter("part 1"),
        prefilter("channel system"),
        action_prefilter("process_create"),
    }
