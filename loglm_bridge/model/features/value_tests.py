"""Many tests of one field's value at once: equal to a text, matching a regular expression, a number, an address.

All regular expressions of a field are one set of RE2 (github.com/google/re2): one pass over the value in linear time,
whatever the text. Values are compared in lower case.
"""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import NamedTuple

import re2

#: Bytes of a value that are looked at.
MAX_BYTES = 65_536

#: Bytes that the automaton of one field's regular expressions may take.
_MEMORY = 64 << 20


class ValueTest(NamedTuple):
    """What a value must be. `kind` is equals, matches, exists, below, at_most, above, at_least or network.

    `text` is the lower-case text, the regular expression (RE2 syntax, searched for), the number, or the network in CIDR
    notation.
    """

    kind: str
    text: str = ""


_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "below": lambda a, b: a < b,
    "at_most": lambda a, b: a <= b,
    "above": lambda a, b: a > b,
    "at_least": lambda a, b: a >= b,
}


class ValueTests:
    """Numbered tests of the values of one field; immutable, thread-safe."""

    def __init__(self, tests: Mapping[int, ValueTest]) -> None:
        """Compile the tests. Raises ValueError for a kind, expression, number or network that is none."""
        self._tests = dict(tests)
        self._equal: dict[str, list[int]] = defaultdict(list)
        self._always: list[int] = []
        self._numbers: list[tuple[int, Callable[[float, float], bool], float]] = []
        self._networks: list[tuple[int, ipaddress.IPv4Network | ipaddress.IPv6Network]] = []
        self._expressions: list[int] = []
        self._set = _new_set()
        for number, test in tests.items():
            self._add(number, test)
        if self._expressions:
            self._set.Compile()

    def __reduce__(self) -> tuple[type[ValueTests], tuple[dict[int, ValueTest]]]:
        """Compiled sets do not travel between processes: they are compiled again."""
        return ValueTests, (self._tests,)

    def _add(self, number: int, test: ValueTest) -> None:
        if test.kind == "equals":
            self._equal[test.text].append(number)
        elif test.kind == "exists":
            self._always.append(number)
        elif test.kind == "network":
            self._networks.append((number, ipaddress.ip_network(test.text, strict=False)))
        elif test.kind == "matches":
            try:
                self._set.Add(test.text)
            except re2.error as error:
                raise ValueError(f"not a regular expression of RE2: {test.text!r}: {error}") from error
            self._expressions.append(number)
        else:
            self._numbers.append((number, _COMPARE[test.kind], float(test.text)))

    @property
    def exact_lengths(self) -> frozenset[int] | None:
        """The bytes of values that are compared as a whole, where that is all there is; None: parts count."""
        if self._expressions or self._always or self._numbers or self._networks:
            return None
        return frozenset(len(text.encode("utf-8", "surrogatepass")) for text in self._equal)

    def matching(self, value: str) -> list[int]:
        """Return the numbers of the tests that a non-empty lower-case value passes, ascending."""
        found = [*self._always, *self._equal.get(value, ())]
        if self._expressions:
            text = value.encode("utf-8", "replace")[:MAX_BYTES]
            found += [self._expressions[i] for i in self._set.Match(text) or ()]
        if self._numbers and (number := number_of(value)) is not None:
            found += [i for i, compare, bound in self._numbers if compare(number, bound)]
        if self._networks and (address := _address_of(value)) is not None:
            found += [i for i, network in self._networks if network.version == address.version and address in network]
        return sorted(found)


def _new_set() -> re2.Set:
    options = re2.Options()
    options.max_mem = _MEMORY
    options.log_errors = False
    options.dot_nl = True
    options.case_sensitive = False
    return re2.Set.SearchSet(options)


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
