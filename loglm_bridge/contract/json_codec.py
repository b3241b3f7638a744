"""The JSON of the contract. Reading: untrusted JSON within bounds. Writing: compact JSON, the same data as same bytes.

The standard library's parser accepts repeated keys, NaN and Infinity, takes quadratic time for long numbers and
recurses as deeply as its input nests. Such bodies are refused before or while they are parsed.
"""

from __future__ import annotations

import json
import math
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import Any, Callable, Iterable, Mapping, Optional

from loglm_bridge.contract.errors import InvalidRequest
from loglm_bridge.contract.limits import MAX_ECHO, MAX_JSON_DEPTH

#: Maximum characters of a number. int() takes quadratic time, and only newer Pythons bound it.
_MAX_NUMBER = 400

#: Maximum objects and lists of a body. A full reply with ten techniques per event holds a third of them; an empty one
#: takes twenty times the memory of its two brackets.
_MAX_CONTAINERS = 262_144

#: Created once: json.dumps with options creates one per call. The data are trees, so no search for cycles.
_ENCODER = json.JSONEncoder(ensure_ascii=True, allow_nan=False, check_circular=False, separators=(",", ":"))

_Hooks = Mapping[str, Callable[[Any], Any]]


# --- writing ---------------------------------------------------------------------------------------------------------

#: A text as JSON in ASCII, quotes included.
quote_ascii = encode_basestring_ascii


def encode(data: Any) -> bytes:
    """Return compact JSON in ASCII. Raises ValueError or TypeError where JSON cannot represent the data."""
    return _ENCODER.encode(data).encode("ascii")


def quote(text: str) -> str:
    """Return a text as JSON, quotes included, that encodes to UTF-8: only lone surrogates force ASCII escapes."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return encode_basestring_ascii(text)
    return encode_basestring(text)


def write_number(number: Optional[float]) -> str:
    """Return a number as JSON, None as null. Raises ValueError where it is not finite."""
    if number is None:
        return "null"
    if not math.isfinite(number):
        raise ValueError(f"JSON has no {number}")
    return repr(number)


# --- reading ---------------------------------------------------------------------------------------------------------


def parse(body: bytes) -> Any:
    """Parse untrusted JSON: UTF-8, no repeated keys, no NaN or Infinity, bounded nesting and numbers.

    Raises:
        InvalidRequest: the body is not such JSON; `where` is the JSON pointer of a refused value.
    """
    _check_brackets(body)
    return _parse(body, _STRICT)


def parse_reply(body: bytes) -> Any:
    """Parse the JSON of a reply. Its sender has identified itself as a sidecar and received the token.

    Takes a third of the time of `parse`, which calls back for every object and number. The caller must check for what
    this accepts: infinite numbers, deep nesting (up to Python's own limit) and repeated keys (the last one counts).

    Raises:
        InvalidRequest: the body is not JSON, or holds too many objects and lists.
    """
    # a container takes two bytes at least; brackets inside strings are counted as well
    if len(body) > 2 * _MAX_CONTAINERS and body.count(b"[") + body.count(b"{") > _MAX_CONTAINERS:
        _check_brackets(body)
    return _parse(body, _LENIENT)


def _parse(body: bytes, hooks: _Hooks) -> Any:
    try:
        text = body.decode("utf-8")
        return json.loads(text, **hooks)  # type: ignore[arg-type]  # keyword arguments by name
    except _RefusedValue as refused:
        raise InvalidRequest(f"the body holds {refused}", where=_locate_refused(text, hooks)) from None
    except (UnicodeDecodeError, ValueError) as error:
        raise InvalidRequest(f"the body is not JSON: {str(error)[:MAX_ECHO]}") from None
    except RecursionError:
        raise _too_deep() from None


# --- nesting ---------------------------------------------------------------------------------------------------------

#: Translates every opening bracket to "(" and every closing one to ")"; all other bytes are deleted.
_BRACKETS = bytes.maketrans(b"[{]}", b"(())")
_NO_BRACKET = bytes(set(range(256)) - set(b"[{]}"))
_TOO_MANY_OPEN = b"(" * (MAX_JSON_DEPTH + 1)

#: Bytes that are split at quotes at a time; bounds the memory of the pieces.
_SPLIT_BYTES = 1 << 20


def _check_brackets(body: bytes) -> None:
    """Refuse too deep nesting and too many containers before the recursive parser runs, in a few passes of C code.

    Removing the innermost pairs lowers the nesting by one level. After as many rounds as levels are allowed, only
    unmatched brackets may be left. A run of too many opening brackets is refused at once.
    """
    brackets = _brackets_outside_strings(body)
    if brackets.count(b"(") > _MAX_CONTAINERS:
        raise InvalidRequest(f"the body holds more than {_MAX_CONTAINERS} objects and lists")
    for _ in range(MAX_JSON_DEPTH):
        if not brackets:
            return
        if _TOO_MANY_OPEN in brackets:
            raise _too_deep()
        brackets = brackets.replace(b"()", b"")
    if b"()" in brackets or brackets.count(b"(") > MAX_JSON_DEPTH:
        raise _too_deep()


def _brackets_outside_strings(body: bytes) -> bytes:
    """Return the brackets outside strings, in order, as "(" and ")"."""
    unescaped = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    brackets, inside = [], 0
    for start in range(0, len(unescaped), _SPLIT_BYTES):
        pieces = unescaped[start : start + _SPLIT_BYTES].split(b'"')
        brackets.append(b"".join(pieces[inside::2]).translate(_BRACKETS, _NO_BRACKET))
        inside ^= (len(pieces) - 1) & 1
    return b"".join(brackets)


def _too_deep() -> InvalidRequest:
    return InvalidRequest(f"the body nests deeper than {MAX_JSON_DEPTH} levels")


# --- values that the standard library accepts ------------------------------------------------------------------------


class _RefusedValue(Exception):
    """A value that is not accepted; the message describes it."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) != len(pairs):
        raise _RefusedValue("an object with a repeated key")
    return data


def _constant(name: str) -> Any:
    raise _RefusedValue(f"{name}, which is not JSON")


def _integer(text: str) -> int:
    if len(text) > _MAX_NUMBER:
        raise _RefusedValue(f"a number of {len(text)} characters")
    return int(text)


def _float(text: str) -> float:
    if len(text) > _MAX_NUMBER:
        raise _RefusedValue(f"a number of {len(text)} characters")
    number = float(text)
    if math.isinf(number):
        raise _RefusedValue("a number out of range")
    return number


_LENIENT: _Hooks = {"parse_constant": _constant, "parse_int": _integer}
_STRICT: _Hooks = {**_LENIENT, "parse_float": _float, "object_pairs_hook": _object}


def _locate_refused(text: str, hooks: _Hooks) -> str:
    """Return the JSON pointer (RFC 6901) of the first refused value; only bad bodies pay for a second parse."""
    mark = object()

    def marking(hook: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def mark_refused(value: Any) -> Any:
            try:
                return hook(value)
            except _RefusedValue:
                return mark

        return mark_refused

    try:
        marked = {name: marking(hook) for name, hook in hooks.items()}
        data = json.loads(text, **marked)  # type: ignore[arg-type]  # keyword arguments by name
    except (ValueError, RecursionError):
        return ""
    stack = [("", data)]
    while stack:
        pointer, value = stack.pop()
        if value is mark:
            return pointer[:MAX_ECHO]
        stack.extend(reversed([(f"{pointer}/{_token(key)}", inner) for key, inner in _items(value)]))
    return ""


def _items(value: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(value, dict):
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()


def _token(key: Any) -> str:
    return str(key).replace("~", "~0").replace("/", "~1")
