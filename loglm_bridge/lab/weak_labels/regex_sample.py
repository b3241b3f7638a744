"""A random text that a regular expression matches."""

from __future__ import annotations

import random
import re
import warnings
from re import _constants as op  # type: ignore[attr-defined]  # the typeshed does not list re's own parser
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_CATEGORY = {op.CATEGORY_DIGIT: "0123456789", op.CATEGORY_SPACE: " ", op.CATEGORY_WORD: _LETTERS + "0123456789"}

#: Limit of the repetitions above the least number of a quantifier.
_MAX_EXTRA = 6


def sample_regex(pattern: str, rng: random.Random) -> str:
    """Return a text that the pattern matches; empty for a pattern that `re` cannot parse.

    Look-around and back-references are ignored. A negated class becomes a letter, whatever the class excludes.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _sequence(parser.parse(pattern), rng)
    except (re.error, OverflowError):
        return ""


def _sequence(items: Any, rng: random.Random) -> str:
    return "".join(_one(code, argument, rng) for code, argument in items)


def _one(code: Any, argument: Any, rng: random.Random) -> str:
    if code is op.LITERAL:
        return chr(argument)
    if code is op.ANY or code is op.NOT_LITERAL:
        return rng.choice(_LETTERS)
    if code is op.IN:
        return _in(argument, rng)
    if code in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
        low, high, inner = argument
        count = rng.randint(low, min(int(high), low + _MAX_EXTRA))
        return "".join(_sequence(inner, rng) for _ in range(count))
    if code is op.SUBPATTERN:
        return _sequence(argument[-1], rng)
    if code is op.ATOMIC_GROUP:
        return _sequence(argument, rng)
    if code is op.BRANCH:
        return _sequence(rng.choice(argument[1]), rng)
    return ""


def _in(choices: Any, rng: random.Random) -> str:
    if choices[0][0] is op.NEGATE:
        return rng.choice(_LETTERS)
    code, argument = rng.choice(choices)
    if code is op.RANGE:
        return chr(rng.randint(*argument))
    if code is op.CATEGORY:
        return rng.choice(_CATEGORY.get(argument, _LETTERS))
    return chr(argument) if code is op.LITERAL else rng.choice(_LETTERS)
