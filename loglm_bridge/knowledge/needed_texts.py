"""Texts without which a regular expression cannot match: with them most values need no look at the expression.

The same idea as RE2's FilteredRE2: parts of an expression that stand for a few texts are multiplied out, and each match
contains one text of each such part.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from re import _constants as op  # type: ignore[attr-defined]  # the typeshed does not list re's own parser
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

#: Most sets of texts that are named for an expression, most texts of one, and of one that is multiplied out.
MAX_SETS = 3
MAX_TEXTS = 400
MAX_PRODUCT = 64

#: A set of texts that are as long makes shorter ones superfluous.
GOOD_LENGTH = 3

#: A set of texts, of which one is there.
Texts = frozenset[str]

_NOTHING: Texts = frozenset({""})


def needed_texts(expression: str) -> tuple[tuple[str, ...], ...]:
    """Return sets of lower-case texts: each match of an expression contains one text of each set.

    Empty where nothing can be told.
    """
    try:
        parsed = parser.parse(expression, re.DOTALL)
    except (re.error, RecursionError, OverflowError):
        return ()
    sets = sorted(dict.fromkeys(filter(_is_usable, _requirements(parsed))), key=_length, reverse=True)
    good = [one for one in sets if _length(one)[0] >= GOOD_LENGTH] or sets
    return tuple(tuple(sorted(one)) for one in good[:MAX_SETS])


def _requirements(parsed: Any) -> Iterator[Texts]:
    """Yield sets of texts; every match contains one text of each set."""
    run = _NOTHING
    for code, argument in parsed:
        texts = _all_texts(code, argument)
        if texts is not None and len(run) * len(texts) <= MAX_PRODUCT:
            run = _joined(run, texts)
            continue
        yield run
        run = _NOTHING if texts is None else texts
        if texts is None:
            yield from _inner_requirements(code, argument)
    yield run


def _inner_requirements(code: Any, argument: Any) -> Iterator[Texts]:
    """Yield what a part needs that stands for more texts than can be listed."""
    if code is op.SUBPATTERN:
        yield from _requirements(argument[3])
    elif code in (op.MAX_REPEAT, op.MIN_REPEAT) and argument[0] >= 1:
        yield from _requirements(argument[2])
    elif code is op.BRANCH:
        each = [_best(list(_requirements(branch))) for branch in argument[1]]
        yield frozenset().union(*each) if all(each) else frozenset()


def _all_texts(code: Any, argument: Any) -> Texts | None:
    """Return all texts that a part stands for, in lower case; None where they are too many."""
    if code is op.LITERAL:
        return frozenset({chr(argument).lower()})
    if code is op.AT:
        return _NOTHING
    if code is op.IN:
        return _of_class(argument)
    if code is op.SUBPATTERN:
        return _of_sequence(argument[3])
    if code in (op.MAX_REPEAT, op.MIN_REPEAT) and argument[:2] in ((0, 1), (1, 1)):
        texts = _of_sequence(argument[2])
        return texts if texts is None or argument[0] else texts | _NOTHING
    if code is op.BRANCH:
        each = [_of_sequence(branch) for branch in argument[1]]
        union = frozenset().union(*(texts for texts in each if texts is not None))
        return None if None in each or len(union) > MAX_TEXTS else union
    return None


def _of_class(members: Sequence[tuple[Any, Any]]) -> Texts | None:
    """Return the characters of a class that lists a few."""
    if any(code is not op.LITERAL for code, _ in members) or len(members) > MAX_PRODUCT // 8:
        return None
    return frozenset(chr(character).lower() for _, character in members)


def _of_sequence(parsed: Any) -> Texts | None:
    texts = _NOTHING
    for code, argument in parsed:
        part = _all_texts(code, argument)
        if part is None or (len(texts) > 1 and len(texts) * len(part) > MAX_PRODUCT):
            return None
        texts = _joined(texts, part)
    return texts


def _joined(first: Texts, second: Texts) -> Texts:
    return frozenset(a + b for a in first for b in second)


def _best(requirements: Sequence[Texts]) -> Texts:
    """Return the set whose shortest text is longest; empty where none is usable."""
    return max(filter(_is_usable, requirements), key=_length, default=frozenset())


def _is_usable(texts: Texts) -> bool:
    return 0 < len(texts) <= MAX_TEXTS and all(texts)


def _length(texts: Texts) -> tuple[int, int]:
    return min(map(len, texts)), -len(texts)
