"""Rules that look into texts: whole lines, and what a record itself calls its message.

Texts seldom repeat, so what they match is not cached. Only the rarest texts that rules ask for are looked for in every
line, all in one pass; the rest of a rule is tested where one of these is found, or where another field suggests it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from loglm_bridge.model.features.compiled_rules import CompiledRule, holds, positive_atoms, triggers
from loglm_bridge.model.features.value_tests import ValueTest, ValueTests, passes

#: What it costs to look for a text, by its length: short texts are found everywhere, and lead nowhere.
_COSTS = {1: 2_000.0, 2: 500.0, 3: 100.0, 4: 30.0, 5: 10.0}

#: Words of everyday lines, however long: what begins or ends one, or is one, is found everywhere too.
_EVERYDAY = frozenset(
    "accept access account action active add admin alert allow application attempt audit auth block cannot change "
    "client close command config connect create data default delete denied deny detect device disable drop enable "
    "error event exec fail file from get group handl host http info install invalid list local log login machine "
    "manage message method mode module name network new notice open object outbound inbound packet password path "
    "permit policy port process program protocol proxy query read remove report request reset response result "
    "root rule run security server service session set source start state status stop success system target time "
    "token traffic type update upload user value version warn web windows with write".split()
)
_EVERYDAY_COST = 60.0

#: What it costs to try an expression that needs no text, or to ask whether there is a text at all.
_ALWAYS = 10_000.0

#: Cost of a field's test for each rule that asks for it: the rule is tried whenever the field says so.
_FIELD = 3.0


class TextContext(NamedTuple):
    """What the fields of an event contribute to its text rules: their atoms, prefilters, and the rules they suggest."""

    atoms: frozenset[int]
    prefilters: frozenset[int]
    suggested: tuple[int, ...]


class TextRules:
    """The rules with a test of texts. Immutable, thread-safe."""

    def __init__(self, rules: Sequence[CompiledRule], tests: Mapping[int, ValueTest]) -> None:
        """Prepare rules; `tests` are the tests of texts by their numbers in conditions."""
        self._rules, self._tests = rules, tests
        self._by_field: dict[int, list[int]] = defaultdict(list)
        self._by_text: dict[int, list[int]] = defaultdict(list)
        own = [i for i, rule in enumerate(rules) if not tests.keys().isdisjoint(_all_atoms(rule))]
        self.numbers = frozenset(own)
        frequency = Counter(atom for i in own for atom in set(positive_atoms(rules[i].condition)))
        costs = {atom: self._cost(atom, count) for atom, count in frequency.items()}
        for index in own:
            for atom in set(triggers(rules[index].condition, costs)):
                (self._by_text if atom in tests else self._by_field)[atom].append(index)
        self._triggers = ValueTests({atom: _cheapest(tests[atom]) for atom in self._by_text})

    def _cost(self, atom: int, count: int) -> float:
        test = self._tests.get(atom)
        return _FIELD * count if test is None else _text_cost(test)

    def context(self, atoms: Iterable[int], prefilters: Iterable[int]) -> TextContext:
        """Return what the fields of an event contribute, given their atoms and the event's prefilters."""
        held, own = frozenset(atoms), frozenset(prefilters)
        suggested = {rule for atom in held if atom in self._by_field for rule in self._by_field[atom]}
        return TextContext(held, own, tuple(sorted(rule for rule in suggested if self._is_tried(rule, own))))

    def matching(self, context: TextContext, texts: Sequence[str]) -> tuple[int, ...]:
        """Return the rules that match, ascending. `texts` are in lower case; empty ones do not count."""
        texts = [text for text in texts if text]
        possible = {atom for text in texts for atom in self._triggers.possible(text)}
        if not possible and not context.suggested:
            return ()
        held, tried = _Held(context.atoms, self._tests, texts), set(context.suggested)
        for atom in possible:
            named = [rule for rule in self._by_text[atom] if self._is_tried(rule, context.prefilters)]
            if named and atom in held:
                tried.update(named)
        return tuple(sorted(rule for rule in tried if holds(self._rules[rule].condition, held)))

    def _is_tried(self, rule: int, prefilters: frozenset[int]) -> bool:
        wanted = self._rules[rule].prefilters
        return not wanted or not prefilters.isdisjoint(wanted)


class _Held(Container[int]):
    """The atoms that hold for an event: those of its fields, and tests of its texts, made when they are asked for."""

    def __init__(self, atoms: frozenset[int], tests: Mapping[int, ValueTest], texts: Sequence[str]) -> None:
        self._atoms, self._texts = atoms, texts
        self._tests: Mapping[Any, ValueTest] = tests
        self._known: dict[object, bool] = {}

    def __contains__(self, atom: object) -> bool:
        test = self._tests.get(atom)
        if test is None:
            return atom in self._atoms
        known = self._known.get(atom)
        if known is None:
            known = self._known[atom] = any(passes(test, text) for text in self._texts)
        return known


def _all_atoms(rule: CompiledRule) -> set[int]:
    """Return every atom of a rule's condition."""
    found: set[int] = set()
    parts = [rule.condition]
    while parts:
        part = parts.pop()
        if isinstance(part, int):
            found.add(part)
        else:
            parts += part[1:]
    return found


def _text_cost(test: ValueTest) -> float:
    if test.kind == "equals":
        return 1.0
    if test.kind in ("contains", "starts", "ends"):
        return _literal_cost(test.text)
    if test.kind == "matches" and test.needed:
        return min(map(_alternatives_cost, test.needed))
    return _ALWAYS


def _alternatives_cost(texts: Iterable[str]) -> float:
    return sum(map(_literal_cost, texts))


def _literal_cost(text: str) -> float:
    word = text.strip(" .:=\"'[](){},;")
    rests = (part for cut in range(3) for part in (word[: len(word) - cut], word[cut:]))
    everyday = any(part in _EVERYDAY for part in rests)
    return _EVERYDAY_COST if everyday else _COSTS.get(len(text), 1.0)


def _cheapest(test: ValueTest) -> ValueTest:
    """Return the test with the one set of texts that is cheapest to look for; its expression decides the rest."""
    if not test.needed:
        return test
    return test._replace(needed=(min(test.needed, key=_alternatives_cost),))
