"""Windows events as rendered text: Splunk's classic WinEventLog (`LogName=`, `EventCode=`, `Message=`)."""

from __future__ import annotations

import re

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.families.windows import event_types, rendered_message
from loglm_bridge.telemetry.record import Field, Record

_HEAD = re.compile(r"^(LogName|EventCode|EventType|ComputerName|SourceName|Type|RecordNumber|Keywords|TaskCategory"
                   r"|OpCode|User|Sid|SidType|Category|CategoryString|Logfile)=([^\n]*)", re.MULTILINE)  # fmt: skip
_KEPT = {"LogName": "Channel", "EventCode": "EventID", "ComputerName": "Computer", "SourceName": "Provider",
         "Logfile": "Channel", "Keywords": "Result"}  # fmt: skip
_RESULTS = {"audit success": "success", "audit failure": "failure"}


def parse(text: str, event: Event) -> Record | None:  # noqa: ARG001 (one signature for all formats)
    """Read one rendered event; None where the text has no `EventCode=` beside a `LogName=` or `SourceName=`."""
    if "EventCode=" not in text or not ("LogName=" in text or "SourceName=" in text or "Logfile=" in text):
        return None
    head, _, message = text.partition("\nMessage=")
    found = dict(_HEAD.findall(head))
    if not found.get("EventCode", "").strip().isdigit():
        return None
    fields: list[Field] = []
    for name, value in found.items():
        value = _RESULTS.get(value.strip().lower(), "") if name == "Keywords" else value.strip()
        if name in _KEPT and value:
            fields.append((_KEPT[name], value))
    family, kind = event_types.classify(fields)
    data = rendered_message.context(message) if kind.startswith("powershell:") else []
    data = data or rendered_message.message(message) or [("Data", message.strip())]
    return Record("windows_text", family, kind, (*fields, *data))
