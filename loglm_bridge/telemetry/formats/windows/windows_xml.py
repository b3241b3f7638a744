"""Windows event XML, every channel: read by one linear scan, so cut and broken events are read as far as they go.

Schema: https://learn.microsoft.com/windows/win32/wes/eventschema-schema
"""

from __future__ import annotations

import re
from functools import lru_cache

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.families.windows import event_types, rendered_message
from loglm_bridge.telemetry.record import Field, Record
from loglm_bridge.telemetry.scanning.clean_text import clean_text

# An opening tag: prefix and local name, attributes, then the text up to the next tag and whether that one closes.
# A "<" that opens no tag (an unescaped command line) is text. Possessive throughout: no backtracking.
_ELEMENT = re.compile(
    r"<([A-Za-z_][\w.:-]*+)((?:[^<>'\"]|'[^']*+'|\"[^\"]*+\")*+)>([^<]*+(?:<(?![A-Za-z_/!?])[^<]*+)*+)(?=(</)?)"
)
_DATA_OPENS, _DATA_CLOSES = "<EventData>", "</EventData>"
_DATA = re.compile(r"<Data Name=(['\"])([^'\"<>&\s]+)\1>([^<]*)</Data>")
_ATTRIBUTE = re.compile(r"([\w.:-]++)\s*+=\s*+(?:'([^']*+)'|\"([^\"]*+)\")")
_CDATA = re.compile(r"<!\[CDATA\[((?:[^\]]|\](?!\]>))*+)\]\]>")
# XML's own entities only: HTML's would turn an unescaped `&reg add` into a trade mark.
_ENTITY = re.compile(r"&(lt|gt|amp|quot|apos|#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6});")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}
_DATA_NAMES = frozenset({"Data", "ComplexData"})
_SYSTEM_ATTRIBUTES = {
    "Provider": (("Name", "Provider"), ("EventSourceName", "EventSourceName")),
    "TimeCreated": (("SystemTime", "TimeCreated"),),
    "Execution": (("ProcessID", "ExecutionProcessID"), ("ThreadID", "ExecutionThreadID")),
    "Security": (("UserID", "SecurityUserID"), ("UserId", "SecurityUserID")),
}
_MAX_FIELDS = 256


def parse(text: str, event: Event) -> Record | None:  # noqa: ARG001 (one signature for all formats)
    """Read one `<Event>`; None where the text is not Windows event XML.

    Fields are those of System (Provider, EventID, Channel, Computer, ...), then EventData by its names (unnamed
    data is `Data`), or the leaves of UserData.
    """
    start = text.find("<Event")
    if start < 0 or start > 400 or text[start + 6 : start + 7] not in ("", " ", ">", "\n", "\r", "\t", "/", "s", "D"):
        return None
    if "<System" not in text and "<EventData" not in text and "<UserData" not in text:
        return None
    if "<![CDATA[" in text:
        text = _CDATA.sub(lambda found: found[1].replace("&", "&amp;").replace("<", "&lt;"), text)
    end = text.find("</Event>", start)
    fields = _fields(text[start : end if end >= 0 else len(text)])
    family, kind = event_types.classify(fields)
    return Record("windows_xml", family, kind, tuple(rendered_message.expand(fields, kind)))


def _fields(text: str) -> list[Field]:
    """Return the fields of an event; named data, where nothing else stands among it, by a scan of its own."""
    start, end = text.find(_DATA_OPENS), text.rfind(_DATA_CLOSES)
    system = "<System" in text
    if not 0 <= start < end:
        return _elements(text, system)
    data = text[start + len(_DATA_OPENS) : end]
    found = _DATA.findall(data)
    # what stands before the time is the same for all events of a kind
    varying = max(0, text.find("<TimeCreated", 0, start))
    fields = [*_kind_elements(text[:varying], system), *_elements(text[varying:start], system)]
    # an element has two "<": where there are more, something else is there
    if 2 * len(found) != data.count("<") or len(fields) + len(found) > _MAX_FIELDS:
        return _elements(text, system)
    fields += [(name, _decoded(value) if "&" in value else value.strip()) for _, name, value in found]
    return fields + _elements(text[end:], False)[: _MAX_FIELDS - len(fields)]


def _elements(text: str, system: bool) -> list[Field]:
    """Return the fields of all elements; `system` tells that they begin with those of System."""
    fields: list[Field] = []
    for name, attributes, value, closes in _ELEMENT.findall(text):
        if ":" in name:
            name = name.rpartition(":")[2]
        if system:
            if name in _SYSTEM_ATTRIBUTES:
                fields += _attributes(name, attributes)
                continue
            if name in ("EventData", "UserData", "RenderingInfo"):
                system = False
                continue
        elif name in _DATA_NAMES and attributes:
            name = _data_name(attributes) or name
        if len(fields) >= _MAX_FIELDS:
            break
        if closes or value.strip():
            fields.append((name, _decoded(value)))
    return fields


@lru_cache(maxsize=4_096)
def _kind_elements(text: str, system: bool) -> tuple[Field, ...]:
    return tuple(_elements(text, system))


@lru_cache(maxsize=4_096)
def _attributes(name: str, attributes: str) -> tuple[Field, ...]:
    """Return the fields that an element of System holds in its attributes."""
    found = {key: first or second for key, first, second in _ATTRIBUTE.findall(attributes)}
    return tuple(
        (field, _decoded(found[attribute])) for attribute, field in _SYSTEM_ATTRIBUTES[name] if found.get(attribute)
    )


@lru_cache(maxsize=16_384)
def _data_name(attributes: str) -> str:
    for key, first, second in _ATTRIBUTE.findall(attributes):
        if key == "Name":
            return _decoded(first or second)
    return ""


def _decoded(value: str) -> str:
    if "&" in value:
        value = clean_text(_ENTITY.sub(_entity, value))
    return value.strip()


def _entity(found: re.Match[str]) -> str:
    body = found[1]
    if body[0] != "#":
        return _NAMED[body]
    code = int(f"0{body[1:]}", 16) if body[1] in "xX" else int(body[1:])
    return chr(code) if code <= 0x10FFFF else found[0]
