"""JSON events of any structure: parsed in linear time, flattened to dotted names, recovered where cut or broken."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

import orjson

from loglm_bridge.contract.event import Event
from loglm_bridge.contract.limits import MAX_JSON_DEPTH
from loglm_bridge.telemetry.byte_cache import remembered
from loglm_bridge.telemetry.families import json_families
from loglm_bridge.telemetry.formats import json_audit
from loglm_bridge.telemetry.record import Field, Record
from loglm_bridge.telemetry.scanning.clean_text import clean_text

#: Fields of one event.
MAX_FIELDS = 256
#: Members of an object that is handled as a flat one.
MAX_FLAT_MEMBERS = 64
#: Longest string that is parsed as JSON itself.
_MAX_NESTED = 65_536
#: Levels of the structure below which strings are not parsed as JSON.
_MAX_NESTED_DEPTH = 6
#: Characters of a field's name; long ones would be repeated in the name of each member.
_MAX_NAME = 512
#: Members of a list of scalars that are joined to one value.
_MAX_JOINED = 32
#: Members of an object that may be a named value, and characters of its name.
_MAX_PAIR_MEMBERS, _MAX_PAIR_NAME = 5, 100

#: Names of lists that are a command line in parts.
_ARGUMENTS = frozenset({"args", "argv", "arguments", "cmdline", "command", "command_line"})
_OPENS = re.compile(r"\A\s*+(?:\{\s*+(?:[\"}]|\Z)|\[\s*+[{\[])")
_TOKEN = re.compile(r"\"((?:[^\"\\]++|\\.)*+)(\"?)|([{}\[\],:])|([^\s{}\[\],:\"]++)", re.DOTALL)
_OPENERS = frozenset("{[")
_SCALARS = frozenset({str, int, float})
_NAME_KEYS = frozenset({"name", "key"})
_VALUE_KEYS = ("value", "newvalue", "#text", "text", "_text", "valuestring", "boolvalue", "intvalue", "stringvalue")


def parse(text: str, event: Event) -> Record | None:
    """Parse a JSON object, or a list of them; None where the text is not JSON.

    Nested names are joined with dots, members of lists repeat their list's name, {"name": x, "value": y} pairs become
    one field, JSON inside strings is parsed too. At most MAX_FIELDS fields, MAX_JSON_DEPTH levels.
    """
    columns = flattened(text)
    if columns is None:
        return None
    fields = list(zip(*columns, strict=True))
    return record_of(fields, event) if fields else Record("json", "json", "", (), status="empty")


def record_of(fields: list[Field], event: Event) -> Record:
    """Return the record of flattened fields: its family and kind, its fields under that family's names."""
    return json_audit.parse(fields, event) or json_families.record(fields, event)


def flattened(text: str) -> tuple[list[str], list[str]] | None:
    """Return the names and values of a JSON text's fields, None where the text is not JSON."""
    if not _OPENS.match(text[:200]):
        return None
    value = _load(text)
    if value is None:
        recovered = _recovered(text)
        return ([name for name, _ in recovered], [value for _, value in recovered]) if recovered else None
    clean = "\\" not in text
    if clean and value.__class__ is dict and _is_flat(value, text):
        return [*names_of(tuple(value))], [m if m.__class__ is str else str(m) for m in value.values()]
    columns = _Columns([], [], clean)
    _add_value(columns, "", value, 0)
    return columns.names[:MAX_FIELDS], columns.values[:MAX_FIELDS]


def _is_flat(value: dict[str, Any], text: str) -> bool:
    """Return whether an object has only a few numbers and strings, none of them JSON; `text` has no escapes."""
    return (
        len(value) <= MAX_FLAT_MEMBERS
        and {member.__class__ for member in value.values()} <= _SCALARS
        and '"{' not in text
        and '"[' not in text
    )


@remembered(1)
def names_of(keys: tuple[str, ...]) -> tuple[str, ...]:
    """Return the field names of a flat object with these keys."""
    return tuple([_dotted("", key) for key in keys])


def _load(text: str) -> Any:
    """Return the JSON value, None where the text is not JSON; numbers beyond a float's range stay text."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        pass
    try:
        return json.loads(text, strict=False, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        return None


class _Columns(NamedTuple):
    """The fields collected so far; `clean`: strings need no cleaning, because the clean text has no escapes."""

    names: list[str]
    values: list[str]
    clean: bool

    def add(self, name: str, value: str) -> None:
        """Add a field."""
        self.names.append(name)
        self.values.append(value)


def _add_value(columns: _Columns, name: str, value: Any, depth: int) -> None:
    """Add the fields of a value; members after the first MAX_FIELDS fields are not visited."""
    value_type = value.__class__
    if value_type is str:
        _add_text(columns, name, value, depth)
    elif value_type is int or value_type is float:
        columns.add(name, str(value))
    elif value_type is bool:
        columns.add(name, "true" if value else "false")
    elif value is None:
        return
    elif depth >= MAX_JSON_DEPTH:
        columns.add(name, "[nested too deep]")
    elif value_type is dict:
        _add_object(columns, name, value, depth)
    else:
        _add_list(columns, name, value, depth)


def _add_object(columns: _Columns, name: str, value: dict[str, Any], depth: int) -> None:
    """Add the fields of an object; the commonest members, numbers and clean text, without a further call."""
    names, values, clean = columns
    for key, member in value.items():
        value_type = member.__class__
        if value_type is str and member[:1] not in _OPENERS and (clean or (member.isascii() and member.isprintable())):
            names.append(_dotted(name, key))
            values.append(member)
        elif value_type is int or value_type is float:
            names.append(_dotted(name, key))
            values.append(str(member))
        elif member is not None:
            _add_value(columns, _dotted(name, key), member, depth + 1)
        if len(names) >= MAX_FIELDS:
            return


@remembered(4)
def _dotted(name: str, key: str) -> str:
    key = clean_text(key[:_MAX_NAME])
    return f"{name}.{key}"[:_MAX_NAME] if name else key


def _add_text(columns: _Columns, name: str, value: str, depth: int) -> None:
    """Add a string, or the fields of the JSON inside it."""
    bracketed = value[:1] in _OPENERS and value[-1:] in ("}", "]")
    if bracketed and 2 < len(value) <= _MAX_NESTED and depth < _MAX_NESTED_DEPTH:
        inner = _load(value) if _OPENS.match(value) else None
        if isinstance(inner, (dict, list)) and inner:
            # escapes inside the string do not show in the text around it
            _add_value(columns._replace(clean=False), name, inner, depth + 1)
            return
    columns.add(name, clean_text(value))


def _add_list(columns: _Columns, name: str, value: list[Any], depth: int) -> None:
    """Add a list: scalars as one value, named values under their names, other members under the list's name."""
    if not any(isinstance(member, (dict, list)) for member in value):
        texts = [text for member in value[:_MAX_JOINED] if (text := _scalar(member))]
        if texts:
            columns.add(name, (" " if name.rpartition(".")[2].lower() in _ARGUMENTS else ", ").join(texts))
        return
    for member in value:
        if len(columns.names) >= MAX_FIELDS:
            return
        pair = _pair(member) if isinstance(member, dict) else None
        if pair is None:
            _add_value(columns, name, member, depth + 1)
        else:
            _add_value(columns, _dotted(name, pair[0]), pair[1], depth + 1)


def _pair(member: dict[str, Any]) -> tuple[str, Any] | None:
    """Return (name, value) of an object that is a named value, such as O365 Parameters or event data; else None."""
    if len(member) > _MAX_PAIR_MEMBERS:
        return None
    folded = {key.lower(): value for key, value in member.items()}
    name = next((folded[key] for key in folded if key in _NAME_KEYS), None)
    if not isinstance(name, str) or not 0 < len(name) <= _MAX_PAIR_NAME:
        return None
    value = next((folded[key] for key in _VALUE_KEYS if key in folded), None)
    return None if value is None else (name, value)


def _scalar(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return clean_text(value) if isinstance(value, str) else str(value)


def _recovered(text: str) -> list[Field]:
    """Return the readable fields of broken or cut JSON: one pass over its tokens with a stack of names."""
    fields: list[Field] = []
    parents: list[str] = []
    key = ""
    value: str | None = None
    for match in _TOKEN.finditer(text):
        string, _, punctuation, bare = match.groups()
        if punctuation is None:
            value = _unescaped(string) if string is not None else bare
        elif punctuation == ":":
            key, value = value or "", None
        elif punctuation in "{[":
            parents.append(".".join(part for part in (*parents[-1:], key) if part))
            key, value = "", None
            if len(parents) > MAX_JSON_DEPTH:
                break
        else:
            _add_recovered(fields, parents, key, value)
            key, value = "", None
            if punctuation != "," and parents:
                parents.pop()
        if len(fields) >= MAX_FIELDS:
            return fields
    _add_recovered(fields, parents, key, value)
    return fields


def _add_recovered(fields: list[Field], parents: list[str], key: str, value: str | None) -> None:
    name = ".".join(part for part in (*parents[-1:], key) if part)
    if name and value is not None and value not in ("", "null"):
        fields.append((name, value))


def _unescaped(text: str) -> str:
    if "\\" in text:
        try:
            text = str(json.loads(f'"{text}"', strict=False))
        except ValueError:
            text = text.replace("\\\\", "\\").replace('\\"', '"')
    return clean_text(text)
