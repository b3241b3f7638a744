"""JSON events of any shape: read in linear time, flattened to dotted names, recovered where cut or broken."""

from __future__ import annotations

import json
import re
from typing import Any, Iterator

import orjson

from loglm_bridge.contract.event import Event
from loglm_bridge.contract.limits import MAX_JSON_DEPTH
from loglm_bridge.telemetry.families import json_families
from loglm_bridge.telemetry.formats import json_audit
from loglm_bridge.telemetry.record import Field, Record
from loglm_bridge.telemetry.text import clean_text

#: Fields of one event that are kept.
MAX_FIELDS = 256
#: Longest text inside a JSON string that is read as JSON itself.
_MAX_NESTED = 65_536
#: Members of a list of scalars that are joined to one value.
_MAX_JOINED = 32

#: Lists that are a command line in parts.
_ARGUMENTS = frozenset({"args", "argv", "arguments", "cmdline", "command", "command_line"})
_OPENS = re.compile(r"\s*(?:\{\s*(?:[\"}]|\Z)|\[\s*[{\[])")
_TOKEN = re.compile(r"\"((?:[^\"\\]++|\\.)*+)(\"?)|([{}\[\],:])|([^\s{}\[\],:\"]++)", re.DOTALL)
_NAME_KEYS = frozenset({"name", "key"})
_VALUE_KEYS = ("value", "newvalue", "#text", "text", "_text", "valuestring", "boolvalue", "intvalue", "stringvalue")


def parse(text: str, event: Event) -> Record | None:
    """Read a JSON object, or a list of them; None where the text is not JSON.

    Nested names are joined with dots, members of lists repeat their list's name, {"name": x, "value": y} pairs become
    one field, JSON inside strings is read too. At most MAX_FIELDS fields, MAX_JSON_DEPTH levels.
    """
    if not _OPENS.match(text[:200]):
        return None
    value = _load(text)
    fields = _recovered(text) if value is None else _flattened(value)
    if not fields:
        return None if value is None else Record("json", "json", "", (), status="empty")
    return json_audit.parse(fields, event) or json_families.record(fields, event)


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


def _flattened(value: Any) -> list[Field]:
    fields: list[Field] = []
    for field in _walk("", value, 0):
        fields.append(field)
        if len(fields) >= MAX_FIELDS:
            break
    return fields


def _walk(name: str, value: Any, depth: int) -> Iterator[Field]:
    if value is None:
        return
    if isinstance(value, str):
        yield from _walk_text(name, value, depth)
    elif isinstance(value, bool):
        yield name, "true" if value else "false"
    elif isinstance(value, (int, float)):
        yield name, str(value)
    elif depth >= MAX_JSON_DEPTH:
        yield name, "[nested too deep]"
    elif isinstance(value, dict):
        for key, member in value.items():
            key = clean_text(key)
            yield from _walk(f"{name}.{key}" if name else key, member, depth + 1)
    elif isinstance(value, list):
        yield from _walk_list(name, value, depth)


def _walk_text(name: str, value: str, depth: int) -> Iterator[Field]:
    if value[:1] in ("{", "[") and value[-1:] in ("}", "]") and 2 < len(value) <= _MAX_NESTED and depth < 6:
        inner = _load(value) if _OPENS.match(value) else None
        if isinstance(inner, (dict, list)) and inner:
            yield from _walk(name, inner, depth + 1)
            return
    yield name, clean_text(value)


def _walk_list(name: str, value: list[Any], depth: int) -> Iterator[Field]:
    if not any(isinstance(member, (dict, list)) for member in value):
        texts = [text for member in value[:_MAX_JOINED] if (text := _scalar(member))]
        if texts:
            yield name, (" " if name.rpartition(".")[2].lower() in _ARGUMENTS else ", ").join(texts)
        return
    for member in value:
        pair = _pair(member) if isinstance(member, dict) else None
        if pair is None:
            yield from _walk(name, member, depth + 1)
        else:
            key = clean_text(pair[0])
            yield from _walk(f"{name}.{key}" if name else key, pair[1], depth + 1)


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
