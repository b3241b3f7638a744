"""Lists of name=value pairs, quoted or not, with any separator; and of `Name: value` between commas."""

from __future__ import annotations

import re

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.families import sentence
from loglm_bridge.telemetry.families.network import device, flow
from loglm_bridge.telemetry.record import Field, Record
from loglm_bridge.telemetry.scanning import line_prefix
from loglm_bridge.telemetry.scanning.key_value_scanner import is_pair_list, pairs

_TYPE = re.compile(r"[^a-z0-9_.-]+")
_COLON = re.compile(r"\s*([A-Za-z][\w ./()-]{1,48}): ?(.*)\Z", re.DOTALL)
#: One line of JSON that was printed over several lines and read line by line.
_FRAGMENT = re.compile(r"\s*\"([^\"\s]{1,80})\"\s?: ([^\n]{1,8000}?),?\s*\Z")
_LEAST = 3
_MAX_PARTS = 120


def parse(text: str, event: Event) -> Record | None:  # noqa: ARG001 (one signature for all formats)
    """Read a text of which most is pairs; None where it is a sentence, even one with a pair in it."""
    if "=" in text and is_pair_list(text, _LEAST):
        fields, words = pairs(text)
        named = sum(len(n) + len(v) for n, v in fields)
        if named * 2 >= len(words) or len(fields) >= 8:
            return _record(fields, words)
    fragment = _FRAGMENT.match(text)
    if fragment:
        return _record([(fragment.group(1), fragment.group(2).strip().strip('"'))], "")
    return _colons(text)


def _record(fields: list[Field], words: str) -> Record:
    if flow.is_flow(fields):
        return Record("key_value", "flow", flow.kind_of(fields), flow.normalise(fields))
    values = {n.lower(): v for n, v in fields}
    if "devid" in values and "logid" in values:
        return device.record("key_value", fields, f"fortinet_{_word(values.get('type', ''))}")
    shown = [f for f in fields if f[1] not in ("", "-", "N/A", "null") and f[0].lower() not in ("msg", "message")]
    said = " ".join(part for part in (words, values.get("msg", ""), values.get("message", "")) if part)
    told = _told(said, values)
    return Record("key_value", "key_value", "", (*told[:1], *shown, *told[1:]))


def _told(said: str, values: dict[str, str]) -> list[Field]:
    """Return what the words between the pairs tell: the behaviour first, nothing that a pair says already."""
    if not said:
        return []
    body, level = line_prefix.strip(said)
    known = {"src_ip" if "ip" in n or "addr" in n else "user" if "user" in n else "" for n in values}
    out = [f for f in sentence.fields(body) if f[0] not in known]
    return [*out, ("severity", level)] if level and "level" not in values else out


def _word(text: str) -> str:
    return _TYPE.sub("", text.lower())[:24]


def _colons(text: str) -> Record | None:
    if text.count(": ") < 4 or text.count(",") < 3:
        return None
    parts = text.split(",", _MAX_PARTS)
    matches = [_COLON.match(part) for part in parts]
    fields = [(m.group(1).strip().replace(" ", "_"), m.group(2).strip()) for m in matches if m]
    if len(fields) * 5 < len(parts) * 3:
        return None
    words = ", ".join(p.strip() for p, m in zip(parts, matches, strict=True) if not m)
    return _record(fields, words)
