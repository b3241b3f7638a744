"""The rendered text of Windows events: "Subject:\\n\\tAccount Name:\\tann" and PowerShell's context, to event data."""

from __future__ import annotations

import re
from typing import Sequence

from loglm_bridge.telemetry.record import Field

_MAX_LINES = 400

_LABEL = re.compile(r"[ \t]*([A-Za-z][A-Za-z0-9 _()/-]{0,58}+)[ \t]*:(?:[ \t]+|\Z)")
_SUBJECT = {"securityid": "SubjectUserSid", "accountname": "SubjectUserName", "accountdomain": "SubjectDomainName",
            "domainname": "SubjectDomainName", "logonid": "SubjectLogonId",
            "clientname": "SubjectUserName"}  # fmt: skip
_TARGET = {"securityid": "TargetUserSid", "accountname": "TargetUserName", "accountdomain": "TargetDomainName",
           "userid": "TargetUserSid", "groupname": "TargetUserName", "logonid": "TargetLogonId",
           "oldaccountname": "OldTargetUserName", "newaccountname": "NewTargetUserName"}  # fmt: skip
_MEMBER = {"securityid": "MemberSid", "accountname": "MemberName"}
#: Section headings -> names of the fields below them.
_SECTIONS = {
    "subject": _SUBJECT, "creatorsubject": _SUBJECT, "newlogon": _TARGET, "accountforwhichlogonfailed": _TARGET,
    "targetsubject": _TARGET, "targetaccount": _TARGET, "newaccount": _TARGET, "group": _TARGET, "newgroup": _TARGET,
    "accountwhosecredentialswereused": _TARGET, "accountinformation": _TARGET, "accountthatwaslockedout": _TARGET,
    "user": _TARGET, "targetcomputer": _TARGET, "newcomputeraccount": _TARGET, "deletedgroup": _TARGET,
    "computeraccountthatwaschanged": _TARGET, "member": _MEMBER, "deletedaccount": _TARGET,
}  # fmt: skip
#: Labels whose event-data name differs from the label without blanks.
_NAMES = {
    "creatorprocessname": "ParentProcessName", "processcommandline": "CommandLine", "sourcenetworkaddress": "IpAddress",
    "clientaddress": "IpAddress", "sourceport": "IpPort", "clientport": "IpPort", "logonprocess": "LogonProcessName",
    "authenticationpackage": "AuthenticationPackageName", "packagename(ntlmonly)": "LmPackageName",
    "applicationname": "Application", "destinationaddress": "DestAddress", "destinationport": "DestPort",
    "privileges": "PrivilegeList", "accesses": "AccessList", "creatorprocessid": "ProcessId",
    "sharename": "ShareName", "sharepath": "ShareLocalPath", "resultcode": "Status", "failurecode": "Status",
    "logonaccount": "TargetUserName", "sourceworkstation": "WorkstationName", "errorcode": "Status",
    "targetservername": "TargetServerName", "enabledprivileges": "EnabledPrivilegeList",
}  # fmt: skip
#: Labels of a rendered session event whose value is an account.
_ACCOUNTS = frozenset({"user"})

#: Fields that may hold rendered text, which is taken apart.
RENDERED_FIELDS = frozenset({"Data", "ContextInfo", "Message"})

_CONTEXT_KEY = re.compile(
    r"[ \t]*(NewEngineState|PreviousEngineState|ProviderName|NewProviderState|DetailSequence|DetailTotal"
    r"|Sequence ?Number|User ?Id|User|Connected User|Host ?Name|Host ?Version|Host ?I[Dd]|Host ?Application"
    r"|Engine ?Version|Runspace ?I[Dd]|Pipeline ?I[Dd]|Script ?Name|Command ?Line|Command ?Name|Command ?Type"
    r"|Command ?Path|Severity|Shell ?ID)[ ]?="
)
_DETAILS = re.compile(r"^[ \t]*Details:[ \t]*$", re.MULTILINE)
_USED = {
    "hostapplication": "HostApplication", "scriptname": "ScriptName", "commandline": "Payload", "userid": "User",
    "user": "User", "hostname": "HostProgram", "newenginestate": "NewEngineState", "providername": "ProviderName",
    "newproviderstate": "NewProviderState",
}  # fmt: skip


def expand(fields: Sequence[Field], kind: str) -> list[Field]:
    """Return the fields with unnamed data that is rendered text taken apart; other fields are left alone."""
    if RENDERED_FIELDS.isdisjoint([name for name, _ in fields]):
        return list(fields)
    powershell = kind.startswith("powershell:")
    out: list[Field] = []
    for name, value in fields:
        if powershell and name in RENDERED_FIELDS:
            out += context(value) or [("Payload" if name == "Data" and kind.endswith(":800") else name, value)]
        elif name == "Data" and kind.startswith("wmi:") and " = " in value:
            out += [
                (key.strip(), said.strip()) for key, _, said in (p.partition("=") for p in value.split(";")) if said
            ]
        elif name in ("Data", "Message") and "\n" in value and ":" in value:
            out += message(value) or [(name, value)]
        else:
            out.append((name, value))
    return out


def context(text: str) -> list[Field]:
    """Return PowerShell's context ("HostApplication=...", "Host Name = ...") as fields; empty where it is none.

    Values run over lines up to the next known key; what stands behind `Details:` is the payload.
    """
    found = _keys(text)
    if not found:
        return []
    fields: list[Field] = []
    ends = [match.start() for match in found[1:]] + [len(text)]
    for match, end in zip(found, ends, strict=True):
        value = text[match.end() : end]
        details = _DETAILS.search(value) if "Details:" in value else None
        if details is not None:
            fields.append(("Payload", value[details.end() :].strip()))
            value = value[: details.start()]
        name = _USED.get(match[1].replace(" ", "").lower())
        if name and value.strip():
            fields.append((name, value.strip()))
    return fields


def _keys(text: str) -> list[re.Match[str]]:
    """Return the known keys at beginnings of lines; only lines with an equals sign are looked at."""
    found = []
    sign = text.find("=")
    while sign >= 0:
        key = _CONTEXT_KEY.match(text, text.rfind("\n", 0, sign) + 1)
        if key is not None:
            found.append(key)
        end = text.find("\n", sign)
        sign = text.find("=", end) if end >= 0 else -1
    return found


def message(text: str) -> list[Field]:
    """Return the labelled lines of a rendered message under the names that event data has; empty where none are."""
    fields: list[Field] = []
    section: dict[str, str] = {}
    for line in text.split("\n", _MAX_LINES)[:_MAX_LINES]:
        line = line.rstrip()
        match = _LABEL.match(line)
        if match is None:
            if fields and line[:1] in " \t" and line.strip() and len(fields[-1][1]) < 2_000:
                fields[-1] = (fields[-1][0], f"{fields[-1][1]} {line.strip()}".strip())
            continue
        label = match[1].replace(" ", "").lower()
        value = line[match.end() :].strip()
        if line[:1] not in " \t":
            section = _SECTIONS.get(label, {})
        if value or line[:1] in " \t":
            fields.append((_named(label, match[1], section), value))
    return [field for field in fields if field[1] not in ("", "-") and not field[1].endswith(":")]


def _named(label: str, written: str, section: dict[str, str]) -> str:
    if label in section:
        return section[label]
    if label in _ACCOUNTS:
        return "User"
    return _NAMES.get(label) or written.replace(" ", "")
