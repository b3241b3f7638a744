"""Windows events as rendered text: Splunk's classic WinEventLog (`LogName=`, `EventCode=`, `Message=`)."""

from __future__ import annotations

import re

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.families.windows import event_types, rendered_message
from loglm_bridge.telemetry.record import Field, Record

_HEADER_FIELD = re.compile(
    r"^(LogName|EventCode|EventType|ComputerName|SourceName|Type|RecordNumber|Keywords|TaskCategory|OpCode|User|Sid"
    r"|SidType|Category|CategoryString|Logfile)=([^\n]*)",
    re.MULTILINE,
)
#: Header fields that are used -> their names in event XML.
_XML_NAMES = {
    "LogName": "Channel", "EventCode": "EventID", "ComputerName": "Computer", "SourceName": "Provider",
    "Logfile": "Channel", "Keywords": "Result",
}  # fmt: skip
_RESULTS = {"audit success": "success", "audit failure": "failure"}


def parse(text: str, event: Event) -> Record | None:  # noqa: ARG001 (one signature for all formats)
    """Parse one rendered event; None where the text lacks `EventCode=`, or `LogName=`, `SourceName=` and `Logfile=`."""
    if "EventCode=" not in text or not ("LogName=" in text or "SourceName=" in text or "Logfile=" in text):
        return None
    header, _, message = text.partition("\nMessage=")
    header_fields = dict(_HEADER_FIELD.findall(header))
    if not header_fields.get("EventCode", "").strip().isdigit():
        return None
    fields: list[Field] = []
    for name, value in header_fields.items():
        value = _RESULTS.get(value.strip().lower(), "") if name == "Keywords" else value.strip()
        if name in _XML_NAMES and value:
            fields.append((_XML_NAMES[name], value))
    family, kind = event_types.classify(fields)
    data = rendered_message.context(message) if kind.startswith("powershell:") else []
    data = data or rendered_message.message(message) or [("Data", message.strip())]
    return Record("windows_text", family, kind, (*fields, *data))
