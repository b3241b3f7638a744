"""JSON from strangers: what the stdlib's parser lets through or falls over is refused before or while parsing."""

from __future__ import annotations

import json
from typing import Any, Callable, Iterable

from loglm_bridge.contract.errors import InvalidRequest
from loglm_bridge.contract.limits import MAX_ECHO, MAX_JSON_DEPTH

#: Characters of the longest number that is read; int() of more is quadratic and refused by newer Pythons only.
_MAX_DIGITS = 400

#: Objects and lists of one body: a full reply with ten techniques an event has a third of them, and an empty one takes
#: twenty times the memory of its two brackets.
_MAX_CONTAINERS = 262_144


def loads(body: bytes) -> Any:
    """Parse untrusted JSON: UTF-8, no duplicate keys, no NaN or Infinity, bounded nesting and numbers.

    Raises:
        InvalidRequest: the body is not such JSON; `where` points at a value that is refused.
    """
    _check_shape(body)
    try:
        text = body.decode("utf-8")
        data = json.loads(
            text,
            object_pairs_hook=_pairs,
            parse_constant=_constant,
            parse_int=_whole_number,
            parse_float=_number,
        )
    except _Refused as refused:
        raise InvalidRequest(f"the body holds {refused}", where=_find_refused(text)) from None
    except (UnicodeDecodeError, ValueError) as error:
        raise InvalidRequest(f"the body is not JSON: {str(error)[:MAX_ECHO]}") from None
    except RecursionError:
        raise _too_deep() from None
    return data


def loads_reply(body: bytes) -> Any:
    """Parse the JSON of a reply, whose sender has named itself as a sidecar and got the token; bounded as well.

    In a third of the time of `loads`, which is called back for every object and number. Who reads the values has to
    look for what this lets through: infinite numbers, nesting (of Python's own limit at most), repeated keys (the last
    one holds).

    Raises:
        InvalidRequest: the body is not JSON, or holds too many objects and lists.
    """
    # each takes two bytes; those in texts are counted, too
    if len(body) > 2 * _MAX_CONTAINERS and body.count(b"[") + body.count(b"{") > _MAX_CONTAINERS:
        _check_shape(body)
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_constant, parse_int=_whole_number)
    except _Refused as refused:
        raise InvalidRequest(f"the body holds {refused}") from None
    except (UnicodeDecodeError, ValueError) as error:
        raise InvalidRequest(f"the body is not JSON: {str(error)[:MAX_ECHO]}") from None
    except RecursionError:
        raise _too_deep() from None


# --- nesting ---------------------------------------------------------------------------------------------------------

#: Every opening bracket becomes "(", every closing one ")", all else goes.
_BRACKETS = bytes.maketrans(b"[{]}", b"(())")
_NO_BRACKET = bytes(set(range(256)) - set(b"[{]}"))
_TOO_MANY = b"(" * (MAX_JSON_DEPTH + 1)

#: Bytes that are split at quotes at a time; bounds the memory of the pieces.
_WINDOW = 1 << 20


def _check_shape(body: bytes) -> None:
    """Refuse nesting and mere number before the recursive parser meets it, in a few passes at the speed of C.

    Taking out the innermost pairs lowers the nesting by one level, so after as many rounds as levels are allowed
    nothing but unmatched brackets may be left. A run of too many opening ones settles it at once.
    """
    brackets = _brackets(body)
    if brackets.count(b"(") > _MAX_CONTAINERS:
        raise InvalidRequest(f"the body holds more than {_MAX_CONTAINERS} objects and lists")
    for _ in range(MAX_JSON_DEPTH):
        if not brackets:
            return
        if _TOO_MANY in brackets:
            raise _too_deep()
        brackets = brackets.replace(b"()", b"")
    if b"()" in brackets or brackets.count(b"(") > MAX_JSON_DEPTH:
        raise _too_deep()


def _brackets(body: bytes) -> bytes:
    """Return the brackets outside strings, in order, as "(" and ")"."""
    plain = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    found, inside = [], 0
    for start in range(0, len(plain), _WINDOW):
        pieces = plain[start : start + _WINDOW].split(b'"')
        found.append(b"".join(pieces[inside::2]).translate(_BRACKETS, _NO_BRACKET))
        inside ^= (len(pieces) - 1) & 1
    return b"".join(found)


def _too_deep() -> InvalidRequest:
    return InvalidRequest(f"the body nests deeper than {MAX_JSON_DEPTH} levels")


# --- values that the stdlib would let through ------------------------------------------------------------------------


class _Refused(Exception):
    """A value that is not read; the message says what it is."""


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out = dict(pairs)
    if len(out) != len(pairs):
        raise _Refused("an object with a repeated key")
    return out


def _constant(name: str) -> Any:
    raise _Refused(f"{name}, which is not JSON")


def _whole_number(text: str) -> int:
    if len(text) > _MAX_DIGITS:
        raise _Refused(f"a number of {len(text)} characters")
    return int(text)


def _number(text: str) -> float:
    if len(text) > _MAX_DIGITS:
        raise _Refused(f"a number of {len(text)} characters")
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise _Refused("a number out of range")
    return number


def _find_refused(text: str) -> str:
    """Return the JSON pointer (RFC 6901) of the first refused value; parsing again is paid for by bad bodies only."""
    mark = object()

    def marked(check: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def hook(value: Any) -> Any:
            try:
                return check(value)
            except _Refused:
                return mark

        return hook

    try:
        data = json.loads(
            text,
            object_pairs_hook=marked(_pairs),
            parse_constant=marked(_constant),
            parse_int=marked(_whole_number),
            parse_float=marked(_number),
        )
    except ValueError:
        return ""
    todo = [("", data)]
    while todo:
        where, value = todo.pop()
        if value is mark:
            return where[:MAX_ECHO]
        if isinstance(value, dict):
            items: Iterable[tuple[Any, Any]] = value.items()
        else:
            items = enumerate(value) if isinstance(value, list) else ()
        below = [(f"{where}/{str(key).replace('~', '~0').replace('/', '~1')}", inner) for key, inner in items]
        todo.extend(reversed(below))
    return ""
