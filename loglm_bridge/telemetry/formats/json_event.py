"""JSON events of any shape: read in linear time, flattened to dotted names, recovered where cut or broken."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from loglm_bridge.contract.event import Event
from loglm_bridge.contract.limits import MAX_JSON_DEPTH
from loglm_bridge.telemetry.families import json_families
from loglm_bridge.telemetry.formats import json_audit
from loglm_bridge.telemetry.record import Field, Record
from loglm_bridge.telemetry.scanning.clean_text import clean_text

#: Fields of one event that are kept.
MAX_FIELDS = 256
#: Longest text inside a JSON string that is read as JSON itself.
_MAX_NESTED = 65_536
#: Members of a list of scalars that are joined to one value.
_MAX_JOINED = 32

#: Members of a plain object, whose names are remembered together.
MAX_FLAT_MEMBERS = 64

#: Lists that are a command line in parts.
_ARGUMENTS = frozenset({"args", "argv", "arguments", "cmdline", "command", "command_line"})
_OPENS = re.compile(r"\s*(?:\{\s*(?:[\"}]|\Z)|\[\s*[{\[])")
_TOKEN = re.compile(r"\"((?:[^\"\\]++|\\.)*+)(\"?)|([{}\[\],:])|([^\s{}\[\],:\"]++)", re.DOTALL)
_OPENERS = frozenset("{[")
_PLAIN = frozenset({str, int, float})
_NAME_KEYS = frozenset({"name", "key"})
_VALUE_KEYS = ("value", "newvalue", "#text", "text", "_text", "valuestring", "boolvalue", "intvalue", "stringvalue")


def parse(text: str, event: Event) -> Record | None:
    """Read a JSON object, or a list of them; None where the text is not JSON.

    Nested names are joined with dots, members of lists repeat their list's name, {"name": x, "value": y} pairs become
    one field, JSON inside strings is read too. At most MAX_FIELDS fields, MAX_JSON_DEPTH levels.
    """
    found = flattened(text)
    if found is None:
        return None
    fields = list(zip(*found, strict=True))
    return record_of(fields, event) if fields else Record("json", "json", "", (), status="empty")


def record_of(fields: list[Field], event: Event) -> Record:
    """Return the record of flattened fields: whose event it is, and its fields under that family's names."""
    return json_audit.parse(fields, event) or json_families.record(fields, event)


def flattened(text: str) -> tuple[list[str], list[str]] | None:
    """Return the names and values of a JSON text's fields, both empty where it holds none; None for no JSON."""
    if not _OPENS.match(text[:200]):
        return None
    value = _load(text)
    if value is None:
        broken = _recovered(text)
        return ([name for name, _ in broken], [value for _, value in broken]) if broken else None
    clean = "\\" not in text
    if clean and value.__class__ is dict and _is_plain(value, text):
        return [*names_of(tuple(value))], [m if m.__class__ is str else str(m) for m in value.values()]
    out = _Columns([], [], clean)
    _walk(out, "", value, 0)
    return out.names[:MAX_FIELDS], out.values[:MAX_FIELDS]


def _is_plain(value: dict[str, Any], text: str) -> bool:
    """Tell whether an object holds nothing but a few numbers and strings that are no JSON; `text` has no escapes."""
    return (
        len(value) <= MAX_FLAT_MEMBERS
        and {member.__class__ for member in value.values()} <= _PLAIN
        and '"{' not in text
        and '"[' not in text
    )


@lru_cache(maxsize=2_048)
def names_of(keys: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of the fields of a plain object with these keys."""
    return tuple([_below("", key) for key in keys])


def _load(text: str) -> Any:
    """Return the JSON value, None where the text is none; numbers that no float holds stay text."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        pass
    try:
        return json.loads(text, strict=False, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        return None


class _Columns(NamedTuple):
    """Fields as they are found; `clean` tells that a clean text's strings are clean too: none is escaped."""

    names: list[str]
    values: list[str]
    clean: bool

    def add(self, name: str, value: str) -> None:
        """Add a field."""
        self.names.append(name)
        self.values.append(value)


def _walk(out: _Columns, name: str, value: Any, depth: int) -> None:
    """Add the fields of a value; what stands behind the first MAX_FIELDS of them is not looked at."""
    kind = value.__class__
    if kind is str:
        _walk_text(out, name, value, depth)
    elif kind is int or kind is float:
        out.add(name, str(value))
    elif kind is bool:
        out.add(name, "true" if value else "false")
    elif value is None:
        return
    elif depth >= MAX_JSON_DEPTH:
        out.add(name, "[nested too deep]")
    elif kind is dict:
        _walk_object(out, name, value, depth)
    else:
        _walk_list(out, name, value, depth)


def _walk_object(out: _Columns, name: str, value: dict[str, Any], depth: int) -> None:
    """Add the fields of an object; the commonest members without a call: plain numbers, text that needs no care."""
    names, values, clean = out
    for key, member in value.items():
        kind = member.__class__
        if kind is str and member[:1] not in _OPENERS and (clean or (member.isascii() and member.isprintable())):
            names.append(_below(name, key))
            values.append(member)
        elif kind is int or kind is float:
            names.append(_below(name, key))
            values.append(str(member))
        elif member is not None:
            _walk(out, _below(name, key), member, depth + 1)
        if len(names) >= MAX_FIELDS:
            return


@lru_cache(maxsize=32_768)
def _below(name: str, key: str) -> str:
    key = clean_text(key)
    return f"{name}.{key}" if name else key


def _walk_text(out: _Columns, name: str, value: str, depth: int) -> None:
    if value[:1] in _OPENERS and value[-1:] in ("}", "]") and 2 < len(value) <= _MAX_NESTED and depth < 6:
        inner = _load(value) if _OPENS.match(value) else None
        if isinstance(inner, (dict, list)) and inner:
            # what is escaped inside it is not seen in the text around it
            _walk(out._replace(clean=False), name, inner, depth + 1)
            return
    out.add(name, clean_text(value))


def _walk_list(out: _Columns, name: str, value: list[Any], depth: int) -> None:
    if not any(isinstance(member, (dict, list)) for member in value):
        texts = [text for member in value[:_MAX_JOINED] if (text := _scalar(member))]
        if texts:
            out.add(name, (" " if name.rpartition(".")[2].lower() in _ARGUMENTS else ", ").join(texts))
        return
    for member in value:
        if len(out.names) >= MAX_FIELDS:
            return
        pair = _pair(member) if isinstance(member, dict) else None
        if pair is None:
            _walk(out, name, member, depth + 1)
        else:
            _walk(out, _below(name, pair[0]), pair[1], depth + 1)


def _pair(member: dict[str, Any]) -> tuple[str, Any] | None:
    """Return (name, value) of a member that is a named value, such as O365 Parameters or event data."""
    if len(member) > 5:
        return None
    folded = {key.lower(): value for key, value in member.items()}
    named = next((folded[key] for key in folded if key in _NAME_KEYS), None)
    if not isinstance(named, str) or not 0 < len(named) <= 100:
        return None
    found = next((folded[key] for key in _VALUE_KEYS if key in folded), None)
    return None if found is None else (named, found)


def _scalar(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return clean_text(value) if isinstance(value, str) else str(value)


def _recovered(text: str) -> list[Field]:
    """Return what can be read of broken or cut JSON: one pass over its tokens with a stack of names."""
    fields: list[Field] = []
    above: list[str] = []
    key = ""
    value: str | None = None
    for found in _TOKEN.finditer(text):
        string, _, mark, bare = found.groups()
        if mark is None:
            value = _unescaped(string) if string is not None else bare
        elif mark == ":":
            key, value = value or "", None
        elif mark in "{[":
            above.append(".".join(part for part in (*above[-1:], key) if part))
            key, value = "", None
            if len(above) > MAX_JSON_DEPTH:
                break
        else:
            _keep(fields, above, key, value)
            key, value = "", None
            if mark != "," and above:
                above.pop()
        if len(fields) >= MAX_FIELDS:
            return fields
    _keep(fields, above, key, value)
    return fields


def _keep(fields: list[Field], above: list[str], key: str, value: str | None) -> None:
    name = ".".join(part for part in (*above[-1:], key) if part)
    if name and value is not None and value not in ("", "null"):
        fields.append((name, value))


def _unescaped(text: str) -> str:
    if "\\" in text:
        try:
            text = str(json.loads(f'"{text}"', strict=False))
        except ValueError:
            text = text.replace("\\\\", "\\").replace('\\"', '"')
    return clean_text(text)
