"""The plain text that a regular expression demands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from re import _constants as op  # type: ignore[attr-defined]  # the typeshed does not list re's own parser
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any


def literals_of(expression: str) -> list[str]:
    """Return the stretches of plain text that whatever matches a regular expression holds, in order.

    They hold at least wherever the expression matches; choices, classes and repeats between them are open. Empty where
    the expression cannot be read.
    """
    try:
        read = parser.parse(expression)
    except (re.error, RecursionError, OverflowError):
        return []
    return [text for text in "".join(_texts(read)).split(_GAP) if text]


_GAP = "\x00"


def _texts(read: Any) -> Iterator[str]:
    for code, argument in read:
        if code is op.LITERAL:
            yield chr(argument)
        elif code is op.SUBPATTERN:
            yield from _texts(argument[3])
        elif code in (op.MAX_REPEAT, op.MIN_REPEAT) and argument[0] >= 1:
            yield from _texts(argument[2])
            yield _GAP
        elif code is not op.AT:
            yield _GAP
