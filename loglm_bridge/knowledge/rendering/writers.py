"""Fields to text, a writer for each format that a shape may name."""

from __future__ import annotations

import csv
import io
import json
import shlex
from collections.abc import Callable, Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from loglm_bridge.knowledge.rendering.shapes import Shape

Fields = Mapping[str, Any]

#: Keys of a Windows event that stand in its header; all others are event data.
WINDOWS_HEADER = (
    "EventID",
    "Provider_Name",
    "Channel",
    "Computer",
    "Level",
    "Task",
    "Keywords",
    "Version",
    "Security_UserID",
)


def write(shape: Shape, fields: Fields) -> str:
    """Return the text of an event. Raises KeyError where the shape names no known writer."""
    return WRITERS[shape.format](shape, fields)


def _json(shape: Shape, fields: Fields) -> str:
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    return shape.template.replace("{event}", text) if shape.template else text


def _line(shape: Shape, fields: Fields) -> str:
    """The shape's template with every `<name>` replaced by the field of that name; missing ones by "-"."""
    text = shape.template
    for name, value in fields.items():
        text = text.replace(f"<{name}>", str(value))
    return text


def _key_value(shape: Shape, fields: Fields) -> str:
    pairs = " ".join(f"{name}={_quoted(value, shape)}" for name, value in fields.items())
    return _line(shape, {"pairs": pairs, **fields}) if shape.template else pairs


def _quoted(value: Any, shape: Shape) -> str:
    text = _text(value)
    always = shape.options.get("quote") == "always"
    return f'"{text}"' if always or not text or any(c in text for c in ' "=,') else text


def _csv(shape: Shape, fields: Fields) -> str:
    out = io.StringIO()
    delimiter = shape.options.get("delimiter", ",")
    csv.writer(out, delimiter=delimiter, lineterminator="").writerow([_text(fields.get(c, "")) for c in shape.columns])
    return _line(shape, {"columns": out.getvalue(), **fields}) if shape.template else out.getvalue()


def _tabs(shape: Shape, fields: Fields) -> str:
    return "\t".join(_text(fields.get(c, "-")) or "-" for c in shape.columns)


def _cef(shape: Shape, fields: Fields) -> str:
    """CEF:0|vendor|product|version|class id|name|severity|extension; the header's parts are fields of these names."""
    header = ("Vendor", "Product", "DeviceVersion", "SignatureID", "Name", "Severity")
    head = "|".join(_text(fields.get(name, "")).replace("|", "\\|") for name in header)
    pairs = " ".join(f"{n}={_text(v).replace('=', chr(92) + '=')}" for n, v in fields.items() if n not in header)
    return _line(shape, {"cef": f"CEF:0|{head}|{pairs}"}) if shape.template else f"CEF:0|{head}|{pairs}"


def _leef(_: Shape, fields: Fields) -> str:
    header = ("Vendor", "Product", "DeviceVersion", "EventID")
    head = "|".join(_text(fields.get(name, "")) for name in header)
    pairs = "\t".join(f"{n}={_text(v)}" for n, v in fields.items() if n not in header)
    return f"LEEF:1.0|{head}|{pairs}"


def _windows_xml(_: Shape, fields: Fields) -> str:
    """Event XML as Splunk stores it (XmlWinEventLog): schemas.microsoft.com/win/2004/08/events/event."""
    f = {"Level": "0", "Task": "0", "Keywords": "0x8020000000000000", "Version": "0", **fields}
    data = "".join(f"<Data Name={quoteattr(n)}>{escape(_text(v))}</Data>" for n, v in f.items() if n not in _XML_HEADER)
    user = f.get("Security_UserID")
    security = f"<Security UserID={quoteattr(_text(user))}/>" if user else "<Security/>"
    system = (
        f"<Provider Name={quoteattr(_text(f['Provider_Name']))}/><EventID>{f['EventID']}</EventID>"
        f"<Version>{f['Version']}</Version><Level>{f['Level']}</Level><Task>{f['Task']}</Task><Opcode>0</Opcode>"
        f"<Keywords>{f['Keywords']}</Keywords><TimeCreated SystemTime='{f['SystemTime']}'/>"
        f"<EventRecordID>{f['RecordID']}</EventRecordID><Correlation/>"
        f"<Execution ProcessID='{f['ExecutionPID']}' ThreadID='{f['ExecutionTID']}'/>"
        f"<Channel>{escape(_text(f['Channel']))}</Channel><Computer>{escape(_text(f['Computer']))}</Computer>{security}"
    )
    namespace = "http://schemas.microsoft.com/win/2004/08/events/event"
    return f"<Event xmlns='{namespace}'><System>{system}</System><EventData>{data}</EventData></Event>"


_XML_HEADER = frozenset((*WINDOWS_HEADER, "SystemTime", "RecordID", "ExecutionPID", "ExecutionTID"))


def _windows_json(_: Shape, fields: Fields) -> str:
    """Winlogbeat's JSON (elastic.co: exported fields of Winlogbeat)."""
    data = {n: _text(v) for n, v in fields.items() if n not in _XML_HEADER}
    event = {
        "@timestamp": fields["SystemTime"][:23] + "Z",
        "host": {"name": fields["Computer"]},
        "winlog": {
            "channel": fields["Channel"],
            "computer_name": fields["Computer"],
            "event_id": str(fields["EventID"]),
            "provider_name": fields["Provider_Name"],
            "record_id": int(fields["RecordID"]),
            "event_data": data,
        },
    }
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"))


def _auditd(_: Shape, fields: Fields) -> str:
    """SYSCALL, EXECVE, CWD and PROCTITLE records of one process start (man 8 auditd, audit.rules)."""
    command = _text(fields["CommandLine"])
    arguments = _arguments(command)
    stamp = f"msg=audit({fields['epoch']}.{fields['serial'][:3]}:{fields['serial']})"
    listed = " ".join(f"a{i}={_audit_value(a)}" for i, a in enumerate(arguments))
    exe = _text(fields.get("Image") or arguments[0])
    syscall = (
        f"arch=c000003e syscall=59 success=yes exit=0 ppid={fields['ppid']} pid={fields['pid']} auid={fields['auid']}"
        f" uid={fields['uid']} gid={fields['uid']} euid={fields['uid']} tty={fields['tty']} ses=3"
        f' comm="{exe.rpartition("/")[2][:15]}" exe="{exe}" subj=unconfined key="{fields["key"]}"'
    )
    title = chr(0).join(arguments).encode().hex().upper()
    records = {
        "SYSCALL": syscall,
        "EXECVE": f"argc={len(arguments)} {listed}",
        "CWD": f'cwd="{fields["CurrentDirectory"]}"',
        "PROCTITLE": f"proctitle={title}",
    }
    return "\n".join(f"type={kind} {stamp}: {body}" for kind, body in records.items())


def _arguments(command: str) -> list[str]:
    try:
        return shlex.split(command) or [command]
    except ValueError:
        return command.split() or [command]


def _audit_value(argument: str) -> str:
    """Quoted, or in hexadecimal where a quote, blank or control character stands in it."""
    plain = argument.isascii() and argument.isprintable() and not set(argument) & {'"', " "}
    return f'"{argument}"' if plain else argument.encode().hex().upper()


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else json.dumps(value) if isinstance(value, (dict, list)) else str(value)


WRITERS: Mapping[str, Callable[[Shape, Fields], str]] = {
    "json": _json,
    "line": _line,
    "key_value": _key_value,
    "csv": _csv,
    "tabs": _tabs,
    "cef": _cef,
    "leef": _leef,
    "windows_xml": _windows_xml,
    "windows_json": _windows_json,
    "auditd": _auditd,
}
