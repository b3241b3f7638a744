"""Many tests of one field at once: equal to a text, containing one, matching an expression, a number, an address.

All literal texts of a field are found in one pass (Aho and Corasick, "Efficient string matching", 1975). A regular
expression (RE2, github.com/google/re2: linear time whatever the text) is tried only where a text is found that each of
its matches contains. Values are compared in lower case.
"""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import ahocorasick
import re2

from loglm_bridge.contract.errors import ModelRefused

#: Characters of a value that are looked at.
MAX_CHARACTERS = 65_536

#: Bytes that the automaton of one expression may take; it is built anew where it grows beyond.
_MEMORY = 1 << 18

#: Compiled expressions that are kept; they are compiled when needed. With _MEMORY this bounds what hostile text fills.
_MAX_COMPILED = 2_048


class ValueTest(NamedTuple):
    """What a value must be.

    `kind` is equals, contains, starts, ends, matches, exists, below, at_most, above, at_least or network. `text` is the
    lower-case text, the regular expression (RE2 syntax, searched for), the number, or the network in CIDR notation.
    Each match of an expression contains one text of each set in `needed`; without sets it is tried on every value.
    """

    kind: str
    text: str = ""
    needed: tuple[tuple[str, ...], ...] = ()


_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "below": lambda a, b: a < b,
    "at_most": lambda a, b: a <= b,
    "above": lambda a, b: a > b,
    "at_least": lambda a, b: a >= b,
}


class _Place(NamedTuple):
    """Where a literal text must lie for a test, and which test it is; `needed`: it is of this set of an expression."""

    number: int
    starts: bool = False
    ends: bool = False
    needed: int = -1


class ValueTests:
    """Numbered tests of the values of one field; immutable, thread-safe."""

    def __init__(self, tests: Mapping[int, ValueTest]) -> None:
        """Prepare the tests; the automaton of the literal texts is built when first needed.

        Raises ValueError or KeyError for a kind, number or network that is none.
        """
        self._tests = dict(tests)
        self._equal: dict[str, list[int]] = defaultdict(list)
        self._always: list[int] = []
        self._numbers: list[tuple[int, Callable[[float, float], bool], float]] = []
        self._networks: list[tuple[int, ipaddress.IPv4Network | ipaddress.IPv6Network]] = []
        self._texts: list[int] = []
        self._unconditional: list[int] = []
        for number, test in tests.items():
            self._add(number, test)

    def __reduce__(self) -> tuple[type[ValueTests], tuple[dict[int, ValueTest]]]:
        """Automata do not travel between processes: they are built again."""
        return ValueTests, (self._tests,)

    def _add(self, number: int, test: ValueTest) -> None:
        if test.kind == "equals":
            self._equal[test.text].append(number)
        elif test.kind == "exists":
            self._always.append(number)
        elif test.kind == "network":
            self._networks.append((number, ipaddress.ip_network(test.text, strict=False)))
        elif test.kind in ("contains", "starts", "ends") or test.needed:
            self._texts.append(number)
        elif test.kind == "matches":
            self._unconditional.append(number)
        else:
            self._numbers.append((number, _COMPARE[test.kind], float(test.text)))

    @cached_property
    def _automaton(self) -> Any:
        """Finds the literal texts, each as (its length, its places); None without any."""
        if not self._texts:
            return None
        automaton = ahocorasick.Automaton()
        for text, places in self._places().items():
            automaton.add_word(text, (len(text), tuple(places)))
        automaton.make_automaton()
        return automaton

    def _places(self) -> Mapping[str, list[_Place]]:
        places: dict[str, list[_Place]] = defaultdict(list)
        for number in self._texts:
            test = self._tests[number]
            if not test.needed:
                places[test.text].append(_Place(number, test.kind == "starts", test.kind == "ends"))
            for index, texts in enumerate(test.needed):
                for text in texts:
                    places[text].append(_Place(number, needed=index))
        return places

    @property
    def exact_lengths(self) -> frozenset[int] | None:
        """The bytes of values that are compared as a whole, where that is all there is; None: parts count."""
        if self._texts or self._unconditional or self._always or self._numbers or self._networks:
            return None
        return frozenset(len(text.encode("utf-8", "surrogatepass")) for text in self._equal)

    def matching(self, value: str) -> list[int]:
        """Return the numbers of the tests that a non-empty lower-case value passes, ascending."""
        passed = {*self._always, *self._equal.get(value, ())}
        text = value[:MAX_CHARACTERS]
        needed: dict[int, set[int]] = defaultdict(set)
        for place in self._found(text):
            if place.needed < 0:
                passed.add(place.number)
            else:
                needed[place.number].add(place.needed)
        complete = (number for number, sets in needed.items() if len(sets) == len(self._tests[number].needed))
        passed.update(self._matched((*self._unconditional, *complete), text))
        if self._numbers and (number := number_of(value)) is not None:
            passed.update(i for i, compare, bound in self._numbers if compare(number, bound))
        if self._networks and (address := _address_of(value)) is not None:
            passed.update(
                i for i, network in self._networks if network.version == address.version and address in network
            )
        return sorted(passed)

    def possible(self, value: str) -> set[int]:
        """Return the numbers of the tests that a value may pass, as far as literal texts tell."""
        needed: dict[int, set[int]] = defaultdict(set)
        possible = {*self._always, *self._equal.get(value, ()), *self._unconditional}
        for place in self._found(value[:MAX_CHARACTERS]):
            if place.needed < 0:
                possible.add(place.number)
            else:
                needed[place.number].add(place.needed)
        possible.update(number for number, sets in needed.items() if len(sets) == len(self._tests[number].needed))
        return possible

    def _found(self, text: str) -> Iterator[_Place]:
        """Yield what the literals of the text stand for, where they lie as they must."""
        if self._automaton is None:
            return
        last = len(text) - 1
        for end, (length, places) in set(_distinct(self._automaton.iter(text), last)):
            at_start, at_end = end == length - 1, end == last
            for place in places:
                if (at_start or not place.starts) and (at_end or not place.ends):
                    yield place

    def _matched(self, tried: Sequence[int], text: str) -> Iterator[int]:
        encoded = text.encode("utf-8", "replace") if tried else b""
        for number in tried:
            if expression(self._tests[number].text).search(encoded) is not None:
                yield number


def _distinct(found: Iterator[tuple[int, Any]], last: int) -> Iterator[tuple[int, Any]]:
    """Yield each literal once in the middle, besides where it begins or ends the text: long texts repeat them."""
    seen: set[int] = set()
    for end, entry in found:
        if end == entry[0] - 1 or end == last:
            yield end, entry
        elif id(entry) not in seen:
            seen.add(id(entry))
            yield end, entry


def passes(test: ValueTest, value: str) -> bool:
    """Return whether a non-empty lower-case value passes one test. Reference of ValueTests. Raises ModelRefused."""
    text = value[:MAX_CHARACTERS]
    if test.kind == "equals":
        return value == test.text
    if test.kind == "contains":
        return test.text in text
    if test.kind == "starts":
        return text.startswith(test.text)
    if test.kind == "ends":
        return text.endswith(test.text)
    if test.kind == "matches":
        return expression(test.text).search(text.encode("utf-8", "replace")) is not None
    return bool(ValueTests({0: test}).matching(value))


@lru_cache(maxsize=_MAX_COMPILED)
def expression(text: str) -> Any:
    """Return a compiled regular expression. Raises ModelRefused for one that RE2 does not take."""
    try:
        return re2.compile(text.encode(), _options())
    except re2.error as error:
        raise ModelRefused(f"not a regular expression of RE2: {text!r}: {error}") from error


def _options() -> Any:
    options = re2.Options()
    options.max_mem = _MEMORY
    options.log_errors = False
    options.dot_nl = True
    options.case_sensitive = False
    options.never_capture = True
    return options


def number_of(value: str) -> float | None:
    """Return a decimal or `0x` hexadecimal number, None for any other text."""
    if not value or len(value) > 40 or value[0] not in "0123456789-+.":
        return None
    try:
        return float(int(value, 16)) if value.startswith("0x") else float(value)
    except ValueError:
        return None


def _address_of(value: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    if len(value) > 45:
        return None
    try:
        return ipaddress.ip_address(value)
    except ValueError:
        return None
