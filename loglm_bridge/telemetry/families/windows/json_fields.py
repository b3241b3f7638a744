"""Windows events converted to JSON: winlogbeat, NXLog, flat Sysmon, Azure tables, nested event XML."""

from __future__ import annotations

from typing import Mapping, Sequence

from loglm_bridge.telemetry.families.windows import event_types, rendered_message
from loglm_bridge.telemetry.record import Field

_EVENT_ID = (
    "winlog.event_id", "eventid", "event_id", "eventcode", "event.system.eventid", "event.system.eventid.text",
    "event.system.eventid.#text", "event.system.eventid._text", "body.event.system.eventid.text", "properties.eventid",
    "body.event.system.eventid", "data.win.system.eventid", "win.system.eventid", "system.eventid", "event.code",
)  # fmt: skip
_CHANNEL = (
    "winlog.channel", "channel", "event.system.channel", "body.event.system.channel", "properties.channel", "logfile",
    "data.win.system.channel", "win.system.channel", "system.channel", "log_name", "logname", "eventlog",
)  # fmt: skip
_PROVIDER = (
    "winlog.provider_name", "sourcename", "providername", "source_name", "provider_name", "event.system.provider.name",
    "body.event.system.provider.name", "properties.providername", "data.win.system.providername", "eventsourcename",
    "win.system.providername", "system.provider.name", "provider",
)  # fmt: skip
_COMPUTER = (
    "winlog.computer_name", "computer", "computername", "event.system.computer", "body.event.system.computer",
    "properties.roleinstance", "data.win.system.computer", "win.system.computer", "system.computer", "hostname",
    "computer_name",
)  # fmt: skip
_DATA_PREFIXES = (
    "winlog.event_data.", "winlog.user_data.", "event.eventdata.data.", "event.eventdata.", "event.userdata.",
    "body.event.eventdata.data.", "body.event.eventdata.", "body.event.userdata.", "data.win.eventdata.",
    "win.eventdata.", "eventdata.", "event_data.", "userdata.", "user_data.",
)  # fmt: skip
#: Lower-case names of the fields whose values decide an event's kind.
DECIDING_FIELDS = frozenset(_CHANNEL + _PROVIDER)
#: Lower-case names of the fields whose values decide it if they are event ids (`is_event_id`).
EVENT_ID_FIELDS = frozenset(_EVENT_ID)
#: Lower-case names of the fields that name the event's computer.
COMPUTER_FIELDS = frozenset(_COMPUTER)
_ENVELOPE_FIELDS = DECIDING_FIELDS | EVENT_ID_FIELDS | COMPUTER_FIELDS
_FLAT_SYSMON = frozenset({"processguid", "sourceprocessguid", "utctime", "process_guid"})
_FLAT_SECURITY = frozenset({"subjectusersid", "subjectlogonid", "newprocessname", "filterrtid", "targetlogonid"})


def windows_event(fields: Sequence[Field], lower: Mapping[str, str]) -> tuple[str, list[Field]] | None:
    """Return (kind, fields as event XML names them), None where the fields are not a Windows event.

    `lower` has the same fields under lower-case names.
    """
    event_id = _first(lower, _EVENT_ID)
    if not is_event_id(event_id):
        return None
    channel, provider = _first(lower, _CHANNEL), _first(lower, _PROVIDER)
    if not channel and not _looks_windows(provider):
        if _FLAT_SYSMON & lower.keys():
            provider = "microsoft-windows-sysmon"
        elif _FLAT_SECURITY & lower.keys():
            channel = "Security"
        else:
            return None
    head = [("Provider", provider), ("EventID", event_id), ("Channel", channel), ("Computer", _first(lower, _COMPUTER))]
    kind = event_types.kind_of(provider, channel, event_id)
    return kind, [field for field in head if field[1]] + rendered_message.expand(_event_data(fields), kind)


def is_event_id(value: str) -> bool:
    """Return whether a value can be the id of a Windows event."""
    return len(value) <= 6 and value.isdecimal()


def _looks_windows(provider: str) -> bool:
    return provider.lower().startswith(("microsoft-windows", "service control manager", "powershell", "linux-sysmon"))


def _event_data(fields: Sequence[Field]) -> list[Field]:
    """Return the event's own data: the fields below an event-data name, or all fields where the log is flat."""
    nested: list[Field] = []
    for name, value in fields:
        folded = name.lower()
        prefix = next((prefix for prefix in _DATA_PREFIXES if folded.startswith(prefix)), None)
        if prefix is not None:
            rest = name[len(prefix) :]
            nested.append(("Data" if rest.lower() in ("data", "") else rest.rpartition(".")[2], value))
    if nested:
        return nested
    return [(name.removeprefix("properties."), value) for name, value in fields if name.lower() not in _ENVELOPE_FIELDS]


def _first(lower: Mapping[str, str], names: Sequence[str]) -> str:
    return next((lower[name] for name in names if lower.get(name)), "")
