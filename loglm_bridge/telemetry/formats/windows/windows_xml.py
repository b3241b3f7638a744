"""Windows event XML of every channel, parsed by one linear scan, so that cut and broken events give what they have.

Schema: https://learn.microsoft.com/windows/win32/wes/eventschema-schema
"""

from __future__ import annotations

import re

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.byte_cache import remembered
from loglm_bridge.telemetry.families.windows import event_types, rendered_message
from loglm_bridge.telemetry.record import Field, Record
from loglm_bridge.telemetry.scanning.clean_text import clean_text

# An opening tag: prefix and local name, attributes, then the text up to the next tag and whether that is a closing one.
# A "<" that opens no tag (in an unescaped command line) is text; XML allows none in an attribute. Possessive
# throughout: no backtracking, and a tag that does not end costs the text up to the next "<" only.
_ELEMENT = re.compile(
    r"<([A-Za-z_][\w.:-]*+)((?:[^<>'\"]|'[^'<]*+'|\"[^\"<]*+\")*+)>([^<]*+(?:<(?![A-Za-z_/!?])[^<]*+)*+)(?=(</)?)"
)
_DATA_START, _DATA_END = "<EventData>", "</EventData>"
_DATA = re.compile(r"<Data Name=(['\"])([^'\"<>&\s]+)\1>([^<]*)</Data>")
_ATTRIBUTE = re.compile(r"(?<![\w.:-])([\w.:-]++)\s*+=\s*+(?:'([^']*+)'|\"([^\"]*+)\")")
_CDATA_START, _CDATA_END = "<![CDATA[", "]]>"
# XML's own entities only: with HTML's, an unescaped `&reg add` would become a trade mark sign.
_ENTITY = re.compile(r"&(lt|gt|amp|quot|apos|#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6});")
_NAMED_ENTITIES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}
_DATA_NAMES = frozenset({"Data", "ComplexData"})
#: Element of System -> its (attribute, field name) pairs.
_SYSTEM_ATTRIBUTES = {
    "Provider": (("Name", "Provider"), ("EventSourceName", "EventSourceName")),
    "TimeCreated": (("SystemTime", "TimeCreated"),),
    "Execution": (("ProcessID", "ExecutionProcessID"), ("ThreadID", "ExecutionThreadID")),
    "Security": (("UserID", "SecurityUserID"), ("UserId", "SecurityUserID")),
}
_MAX_FIELDS = 256
#: Characters in which `<Event` must begin: it may follow a syslog header.
_MAX_START = 400


def parse(text: str, event: Event) -> Record | None:  # noqa: ARG001 (one signature for all formats)
    """Parse one `<Event>`; None where the text is not Windows event XML.

    Fields are those of System (Provider, EventID, Channel, Computer, ...), then EventData by its names (unnamed
    data is `Data`), or the leaves of UserData.
    """
    start = text.find("<Event")
    if (
        start < 0
        or start > _MAX_START
        or text[start + 6 : start + 7] not in ("", " ", ">", "\n", "\r", "\t", "/", "s", "D")
    ):
        return None
    if "<System" not in text and "<EventData" not in text and "<UserData" not in text:
        return None
    if _CDATA_START in text:
        text = _without_cdata(text)
    end = text.find("</Event>", start)
    fields = _fields(text[start : end if end >= 0 else len(text)])
    family, kind = event_types.classify(fields)
    return Record("windows_xml", family, kind, tuple(rendered_message.expand(fields, kind)))


def _without_cdata(text: str) -> str:
    """Return the text with CDATA sections written as escaped text; one that is not closed stays."""
    parts: list[str] = []
    position = 0
    while (start := text.find(_CDATA_START, position)) >= 0:
        end = text.find(_CDATA_END, start + len(_CDATA_START))
        if end < 0:
            break
        section = text[start + len(_CDATA_START) : end]
        parts += (text[position:start], section.replace("&", "&amp;").replace("<", "&lt;"))
        position = end + len(_CDATA_END)
    return "".join(parts) + text[position:]


def _fields(text: str) -> list[Field]:
    """Return the fields of an event; EventData that has only named data is scanned by a simpler pattern."""
    start, end = text.find(_DATA_START), text.rfind(_DATA_END)
    system = "<System" in text
    if not 0 <= start < end:
        return _elements(text, system)
    data = text[start + len(_DATA_START) : end]
    named_data = _DATA.findall(data)
    # the text before the time is the same in all events of a kind
    varying = max(0, text.find("<TimeCreated", 0, start))
    fields = [*_constant_elements(text[:varying], system), *_elements(text[varying:start], system)]
    # each element has two "<"; more of them mean other content
    if 2 * len(named_data) != data.count("<") or len(fields) + len(named_data) > _MAX_FIELDS:
        return _elements(text, system)
    fields += [(name, _decoded(value) if "&" in value else value.strip()) for _, name, value in named_data]
    return fields + _elements(text[end:], False)[: _MAX_FIELDS - len(fields)]


def _elements(text: str, system: bool) -> list[Field]:
    """Return the fields of all elements; `system`: they begin with those of System."""
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


@remembered(1)
def _constant_elements(text: str, system: bool) -> tuple[Field, ...]:
    return tuple(_elements(text, system))


@remembered(1)
def _attributes(name: str, attributes: str) -> tuple[Field, ...]:
    """Return the fields that an element of System has in its attributes."""
    values = {key: single or double for key, single, double in _ATTRIBUTE.findall(attributes)}
    return tuple(
        (field, _decoded(values[attribute])) for attribute, field in _SYSTEM_ATTRIBUTES[name] if values.get(attribute)
    )


@remembered(3)
def _data_name(attributes: str) -> str:
    """Return the value of the Name attribute, empty where there is none."""
    for key, single, double in _ATTRIBUTE.findall(attributes):
        if key == "Name":
            return _decoded(single or double)
    return ""


def _decoded(value: str) -> str:
    if "&" in value:
        value = clean_text(_ENTITY.sub(_entity, value))
    return value.strip()


def _entity(match: re.Match[str]) -> str:
    body = match[1]
    if body[0] != "#":
        return _NAMED_ENTITIES[body]
    code = int(f"0{body[1:]}", 16) if body[1] in "xX" else int(body[1:])
    return chr(code) if code <= 0x10FFFF else match[0]
