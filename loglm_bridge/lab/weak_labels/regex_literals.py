"""The literal texts that every match of a regular expression contains."""

from __future__ import annotations

import re
from collections.abc import Iterator
from re import _constants as op  # type: ignore[attr-defined]  # the typeshed does not list re's own parser
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any


def literals_of(expression: str) -> list[str]:
    """Return the literal texts that every match of a regular expression contains, in order.

    Alternatives, character classes and repetitions between them are ignored. The list is empty for an expression that
    cannot be parsed.
    """
    try:
        parsed = parser.parse(expression)
    except (re.error, RecursionError, OverflowError):
        return []
    return [text for text in "".join(_texts(parsed)).split(_GAP) if text]


#: Stands for whatever lies between two literals.
_GAP = "\x00"


def _texts(parsed: Any) -> Iterator[str]:
    for code, argument in parsed:
        if code is op.LITERAL:
            yield chr(argument)
        elif code is op.SUBPATTERN:
            yield from _texts(argument[3])
        elif code in (op.MAX_REPEAT, op.MIN_REPEAT) and argument[0] >= 1:
            yield from _texts(argument[2])
            yield _GAP
        elif code is not op.AT:
            yield _GAP
