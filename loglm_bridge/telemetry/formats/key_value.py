"""Lists of name=value pairs, quoted or not, with any separator; and of `Name: value` between commas."""

from __future__ import annotations

import re

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.families import sentence
from loglm_bridge.telemetry.families.network import device, flow
from loglm_bridge.telemetry.record import Field, Record
from loglm_bridge.telemetry.scanning import line_prefix
from loglm_bridge.telemetry.scanning.key_value_scanner import is_pair_list, pairs

_UNSAFE = re.compile(r"[^a-z0-9_.-]+")
_COLON = re.compile(r"\A\s*+([A-Za-z][\w ./()-]{1,48}): ?(.*)\Z", re.DOTALL)
#: One line of JSON that was pretty-printed and collected line by line.
_JSON_LINE = re.compile(r"\A\s*+\"([^\"\s]{1,80}+)\"\s?: ")
_MAX_JSON_VALUE = 8_000
#: Pairs that a list must have.
_MIN_PAIRS = 3
#: Pairs from which on a text is a list of them, whatever else it has.
_MANY_PAIRS = 8
_MAX_PARTS = 120
_BLANK_VALUES = frozenset({"", "-", "N/A", "null"})
_TEXT_FIELDS = frozenset({"msg", "message"})


def parse(text: str, event: Event) -> Record | None:  # noqa: ARG001 (one signature for all formats)
    """Parse a text that consists mostly of pairs; None where it is a sentence, even one with a pair in it."""
    if "=" in text and is_pair_list(text, _MIN_PAIRS):
        fields, words = pairs(text)
        length_of_pairs = sum(len(name) + len(value) for name, value in fields)
        if length_of_pairs * 2 >= len(words) or len(fields) >= _MANY_PAIRS:
            return _record(fields, words)
    json_line = _json_line(text)
    if json_line:
        return _record([json_line], "")
    return _colon_pairs(text)


def _json_line(text: str) -> Field | None:
    """Return the name and value of such a line of JSON, None for any other text."""
    match = _JSON_LINE.match(text)
    if match is None:
        return None
    value = text[match.end() :].rstrip()
    if len(value) > 1:
        value = value.removesuffix(",")
    if len(value) > _MAX_JSON_VALUE or "\n" in value or text[match.end() : match.end() + 1] in ("", "\n"):
        return None
    return match.group(1), value.strip().strip('"')


def _record(fields: list[Field], words: str) -> Record:
    if flow.is_flow(fields):
        return Record("key_value", "flow", flow.kind_of(fields), flow.normalise(fields))
    values = {n.lower(): v for n, v in fields}
    if "devid" in values and "logid" in values:
        return device.record("key_value", fields, f"fortinet_{_safe_word(values.get('type', ''))}")
    pair_fields = [field for field in fields if field[1] not in _BLANK_VALUES and field[0].lower() not in _TEXT_FIELDS]
    text = " ".join(part for part in (words, values.get("msg", ""), values.get("message", "")) if part)
    from_text = _sentence_fields(text, values)
    return Record("key_value", "key_value", "", (*from_text[:1], *pair_fields, *from_text[1:]))


def _sentence_fields(text: str, values: dict[str, str]) -> list[Field]:
    """Return the fields of the words between the pairs, the action first, without those that a pair has already."""
    if not text:
        return []
    body, level = line_prefix.strip_prefix(text)
    present = {"src_ip" if "ip" in name or "addr" in name else "user" if "user" in name else "" for name in values}
    fields = [field for field in sentence.fields(body) if field[0] not in present]
    return [*fields, ("severity", level)] if level and "level" not in values else fields


def _safe_word(text: str) -> str:
    return _UNSAFE.sub("", text.lower())[:24]


def _colon_pairs(text: str) -> Record | None:
    """Parse `Name: value` between commas; None where fewer than three fifths of the parts are such pairs."""
    if text.count(": ") < 4 or text.count(",") < 3:
        return None
    parts = text.split(",", _MAX_PARTS)
    matches = [_COLON.match(part) for part in parts]
    fields = [(match.group(1).strip().replace(" ", "_"), match.group(2).strip()) for match in matches if match]
    if len(fields) * 5 < len(parts) * 3:
        return None
    words = ", ".join(part.strip() for part, match in zip(parts, matches, strict=True) if not match)
    return _record(fields, words)
