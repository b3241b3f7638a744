"""Rules that look into texts: found by their rarest texts, tested where these are, as each rule alone would be."""

from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.model.features.compiled_rules import CompiledRule, holds
from loglm_bridge.model.features.text_rules import TextRules
from loglm_bridge.model.features.value_tests import ValueTest, passes

#: Test 0 is one of a field; the others look into texts.
TESTS = {
    1: ValueTest("contains", "mimikatz"),
    2: ValueTest("contains", "user"),
    3: ValueTest("matches", "ab+c", (("ab",), ("c",))),
    4: ValueTest("starts", "x"),
    5: ValueTest("matches", "[0-9]"),
}


def rules(*conditions, prefilters=()):
    return TextRules([CompiledRule(prefilters, condition, "own high", ()) for condition in conditions], TESTS)


def matching(own, texts, atoms=(), prefilters=()):
    return own.matching(own.context(atoms, prefilters), texts)


def test_only_rules_with_a_test_of_texts_count():
    own = rules(["and", 0, 1], 0, ["not", 0], ["or", 0, 3])
    assert own.numbers == {0, 3}


def test_a_field_suggests_a_rule_and_the_text_decides():
    own = rules(["and", 0, 2], ["and", 0, ["not", 2]])
    assert matching(own, ["user a"], atoms=[0]) == (0,)
    assert matching(own, ["b"], atoms=[0]) == (1,)
    assert matching(own, ["user a"]) == ()


def test_alternatives_match_without_any_text():
    own = rules(["or", 0, 1])
    assert matching(own, [], atoms=[0]) == matching(own, [""], atoms=[0]) == (0,)
    assert matching(own, ["a mimikatz b"]) == (0,)


def test_a_rule_is_tried_on_its_own_events_only():
    own = rules(1, prefilters=(7,))
    assert matching(own, ["mimikatz"], prefilters=[7]) == (0,)
    assert matching(own, ["mimikatz"], prefilters=[8]) == ()


ATOMS = st.sampled_from(range(6))
POSITIVE = st.recursive(
    ATOMS,
    lambda inner: st.tuples(st.sampled_from(["and", "or"]), st.lists(inner, min_size=1, max_size=3)).map(
        lambda pair: [pair[0], *pair[1]]
    ),
    max_leaves=5,
)
CONDITIONS = st.one_of(POSITIVE, st.tuples(POSITIVE, POSITIVE).map(lambda pair: ["and", pair[0], ["not", pair[1]]]))


@given(
    conditions=st.lists(CONDITIONS, min_size=1, max_size=4),
    texts=st.lists(st.text("xabc mikatzuser0", max_size=20) | st.just("x mimikatz user abbc 0"), max_size=2),
    field=st.booleans(),
)
def test_rules_match_as_each_alone(conditions, texts, field):
    own, atoms = rules(*conditions), {0} if field else set()
    held = atoms | {number for number, test in TESTS.items() if any(passes(test, text) for text in texts if text)}
    expected = tuple(i for i in sorted(own.numbers) if holds(conditions[i], held))
    assert matching(own, texts, atoms) == expected
