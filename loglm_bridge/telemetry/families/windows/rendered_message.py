"""Rendered text of Windows events ("Subject:\\n\\tAccount Name:\\tann", PowerShell's context) to event data."""

from __future__ import annotations

import re
from typing import Sequence

from loglm_bridge.telemetry.record import Field

_MAX_LINES = 400
#: Length up to which a label's value is continued on further lines.
_MAX_CONTINUED = 2_000

_LABEL = re.compile(r"\A[ \t]*+([A-Za-z][A-Za-z0-9 _()/-]{0,58}+)[ \t]*+:(?:[ \t]++|\Z)")
_SUBJECT = {"securityid": "SubjectUserSid", "accountname": "SubjectUserName", "accountdomain": "SubjectDomainName",
            "domainname": "SubjectDomainName", "logonid": "SubjectLogonId",
            "clientname": "SubjectUserName"}  # fmt: skip
_TARGET = {"securityid": "TargetUserSid", "accountname": "TargetUserName", "accountdomain": "TargetDomainName",
           "userid": "TargetUserSid", "groupname": "TargetUserName", "logonid": "TargetLogonId",
           "oldaccountname": "OldTargetUserName", "newaccountname": "NewTargetUserName"}  # fmt: skip
_MEMBER = {"securityid": "MemberSid", "accountname": "MemberName"}
#: Section heading -> label below it -> field of the event data.
_SECTIONS = {
    "subject": _SUBJECT, "creatorsubject": _SUBJECT, "newlogon": _TARGET, "accountforwhichlogonfailed": _TARGET,
    "targetsubject": _TARGET, "targetaccount": _TARGET, "newaccount": _TARGET, "group": _TARGET, "newgroup": _TARGET,
    "accountwhosecredentialswereused": _TARGET, "accountinformation": _TARGET, "accountthatwaslockedout": _TARGET,
    "user": _TARGET, "targetcomputer": _TARGET, "newcomputeraccount": _TARGET, "deletedgroup": _TARGET,
    "computeraccountthatwaschanged": _TARGET, "member": _MEMBER, "deletedaccount": _TARGET,
}  # fmt: skip
#: Label -> field of the event data, where that is not the label without blanks.
_LABELS = {
    "creatorprocessname": "ParentProcessName", "processcommandline": "CommandLine", "sourcenetworkaddress": "IpAddress",
    "clientaddress": "IpAddress", "sourceport": "IpPort", "clientport": "IpPort", "logonprocess": "LogonProcessName",
    "authenticationpackage": "AuthenticationPackageName", "packagename(ntlmonly)": "LmPackageName",
    "applicationname": "Application", "destinationaddress": "DestAddress", "destinationport": "DestPort",
    "privileges": "PrivilegeList", "accesses": "AccessList", "creatorprocessid": "ProcessId",
    "sharename": "ShareName", "sharepath": "ShareLocalPath", "resultcode": "Status", "failurecode": "Status",
    "logonaccount": "TargetUserName", "sourceworkstation": "WorkstationName", "errorcode": "Status",
    "targetservername": "TargetServerName", "enabledprivileges": "EnabledPrivilegeList", "user": "User",
}  # fmt: skip
#: Fields that may have rendered text.
RENDERED_FIELDS = frozenset({"Data", "ContextInfo", "Message"})

_CONTEXT_KEY = re.compile(
    r"(?<![ \t])[ \t]*+(NewEngineState|PreviousEngineState|ProviderName|NewProviderState|DetailSequence|DetailTotal"
    r"|Sequence ?Number|User ?Id|User|Connected User|Host ?Name|Host ?Version|Host ?I[Dd]|Host ?Application"
    r"|Engine ?Version|Runspace ?I[Dd]|Pipeline ?I[Dd]|Script ?Name|Command ?Line|Command ?Name|Command ?Type"
    r"|Command ?Path|Severity|Shell ?ID)[ ]?="
)
_DETAILS = re.compile(r"^[ \t]*+Details:[ \t]*+$", re.MULTILINE)
#: Context key -> field of the event data; other keys are dropped.
_CONTEXT_FIELDS = {
    "hostapplication": "HostApplication", "scriptname": "ScriptName", "commandline": "Payload", "userid": "User",
    "user": "User", "hostname": "HostProgram", "newenginestate": "NewEngineState", "providername": "ProviderName",
    "newproviderstate": "NewProviderState",
}  # fmt: skip


def expand(fields: Sequence[Field], kind: str) -> list[Field]:
    """Return an event's fields with rendered text replaced by the fields in it; other fields are unchanged."""
    if RENDERED_FIELDS.isdisjoint([name for name, _ in fields]):
        return list(fields)
    powershell = kind.startswith("powershell:")
    expanded: list[Field] = []
    for name, value in fields:
        if powershell and name in RENDERED_FIELDS:
            expanded += context(value) or [("Payload" if name == "Data" and kind.endswith(":800") else name, value)]
        elif name == "Data" and kind.startswith("wmi:") and " = " in value:
            pairs = (part.partition("=") for part in value.split(";"))
            expanded += [(key.strip(), text.strip()) for key, _, text in pairs if text]
        elif name in ("Data", "Message") and "\n" in value and ":" in value:
            expanded += message(value) or [(name, value)]
        else:
            expanded.append((name, value))
    return expanded


def context(text: str) -> list[Field]:
    """Return PowerShell's context ("HostApplication=...", "Host Name = ...") as fields, empty for other text.

    Values extend over lines up to the next known key; the text after `Details:` is the payload.
    """
    keys = _context_keys(text)
    fields: list[Field] = []
    ends = [*(match.start() for match in keys[1:]), len(text)]
    for match, end in zip(keys, ends, strict=False):
        value = text[match.end() : end]
        details = _DETAILS.search(value) if "Details:" in value else None
        if details is not None:
            fields.append(("Payload", value[details.end() :].strip()))
            value = value[: details.start()]
        name = _CONTEXT_FIELDS.get(match[1].replace(" ", "").lower())
        if name and value.strip():
            fields.append((name, value.strip()))
    return fields


def _context_keys(text: str) -> list[re.Match[str]]:
    """Return the known keys at the beginnings of lines; only lines with an equals sign are matched."""
    keys = []
    equals = text.find("=")
    while equals >= 0:
        key = _CONTEXT_KEY.match(text, text.rfind("\n", 0, equals) + 1)
        if key is not None:
            keys.append(key)
        end = text.find("\n", equals)
        equals = text.find("=", end) if end >= 0 else -1
    return keys


def message(text: str) -> list[Field]:
    """Return the labelled lines of a rendered message under the names of event data, empty for other text."""
    fields: list[Field] = []
    section: dict[str, str] = {}
    for line in text.split("\n", _MAX_LINES)[:_MAX_LINES]:
        line = line.rstrip()
        match = _LABEL.match(line)
        if match is None:
            if fields and line[:1] in " \t" and line.strip() and len(fields[-1][1]) < _MAX_CONTINUED:
                fields[-1] = (fields[-1][0], f"{fields[-1][1]} {line.strip()}".strip())
            continue
        label = match[1].replace(" ", "").lower()
        value = line[match.end() :].strip()
        if line[:1] not in " \t":
            section = _SECTIONS.get(label, {})
        if value or line[:1] in " \t":
            fields.append((_field_name(label, match[1], section), value))
    return [field for field in fields if field[1] not in ("", "-") and not field[1].endswith(":")]


def _field_name(label: str, text: str, section: dict[str, str]) -> str:
    """Return the name that event data has for a label, whose text in the message is `text`."""
    return section.get(label) or _LABELS.get(label) or text.replace(" ", "")
