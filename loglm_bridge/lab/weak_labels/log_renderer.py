"""Renders field values as log events: the log that records them, the names of its fields, and an ordinary event."""

from __future__ import annotations

import json
import random
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from loglm_bridge.contract.event import Event
from loglm_bridge.lab.data.backgrounds import Backgrounds
from loglm_bridge.telemetry import parse_record
from loglm_bridge.telemetry.families.windows.event_types import kind_of
from loglm_bridge.telemetry.record import Record

#: Sigma's Windows log-source categories -> the kinds of event that record them.
_CATEGORY_KINDS: Mapping[str, tuple[str, ...]] = {
    "process_creation": ("sysmon:1", "security:4688"),
    "file_change": ("sysmon:2",),
    "network_connection": ("sysmon:3",),
    "driver_load": ("sysmon:6",),
    "image_load": ("sysmon:7",),
    "create_remote_thread": ("sysmon:8",),
    "raw_access_thread": ("sysmon:9",),
    "process_access": ("sysmon:10",),
    "file_event": ("sysmon:11",),
    "registry_add": ("sysmon:12",),
    "registry_delete": ("sysmon:12",),
    "registry_set": ("sysmon:13",),
    "registry_event": ("sysmon:13", "sysmon:12"),
    "registry_rename": ("sysmon:14",),
    "create_stream_hash": ("sysmon:15",),
    "pipe_created": ("sysmon:17", "sysmon:18"),
    "wmi_event": ("sysmon:19", "sysmon:20", "sysmon:21"),
    "dns_query": ("sysmon:22",),
    "file_delete": ("sysmon:23", "sysmon:26"),
    "process_tampering": ("sysmon:25",),
    "ps_script": ("powershell:4104",),
    "ps_module": ("powershell:4103",),
    "ps_classic_start": ("powershell:400",),
    "ps_classic_provider_start": ("powershell:600",),
}

#: Sigma's Windows services -> (provider, channel) in an event.
SERVICE_SOURCE: Mapping[str, tuple[str, str]] = {
    "security": ("Microsoft-Windows-Security-Auditing", "Security"),
    "system": ("Service Control Manager", "System"),
    "application": ("Application", "Application"),
    "windefend": ("Microsoft-Windows-Windows Defender", "Microsoft-Windows-Windows Defender/Operational"),
    "taskscheduler": ("Microsoft-Windows-TaskScheduler", "Microsoft-Windows-TaskScheduler/Operational"),
    "bits-client": ("Microsoft-Windows-Bits-Client", "Microsoft-Windows-Bits-Client/Operational"),
    "dns-client": ("Microsoft-Windows-DNS-Client", "Microsoft-Windows-DNS-Client/Operational"),
    "codeintegrity-operational": ("Microsoft-Windows-CodeIntegrity", "Microsoft-Windows-CodeIntegrity/Operational"),
    "firewall-as": (
        "Microsoft-Windows-Windows Firewall With Advanced Security",
        "Microsoft-Windows-Windows Firewall With Advanced Security/Firewall",
    ),
    "appxdeployment-server": (
        "Microsoft-Windows-AppXDeployment-Server",
        "Microsoft-Windows-AppXDeploymentServer/Operational",
    ),
    "terminalservices-localsessionmanager": (
        "Microsoft-Windows-TerminalServices-LocalSessionManager",
        "Microsoft-Windows-TerminalServices-LocalSessionManager/Operational",
    ),
    "ntlm": ("Microsoft-Windows-NTLM", "Microsoft-Windows-NTLM/Operational"),
    "powershell": ("Microsoft-Windows-PowerShell", "Microsoft-Windows-PowerShell/Operational"),
    "powershell-classic": ("PowerShell", "Windows PowerShell"),
    "wmi": ("Microsoft-Windows-WMI-Activity", "Microsoft-Windows-WMI-Activity/Operational"),
    "ldap": ("Microsoft-Windows-LDAP-Client", "Microsoft-Windows-LDAP-Client/Debug"),
    "smbclient-security": ("Microsoft-Windows-SMBClient", "Microsoft-Windows-SmbClient/Security"),
    "applocker": ("Microsoft-Windows-AppLocker", "Microsoft-Windows-AppLocker/EXE and DLL"),
    "msexchange-management": ("MSExchange CmdletLogs", "MSExchange Management"),
}

#: Field names of a process creation in Sysmon -> in Security 4688.
_SECURITY_4688 = {
    "Image": "NewProcessName",
    "ParentImage": "ParentProcessName",
    "CommandLine": "CommandLine",
    "User": "SubjectUserName",
    "IntegrityLevel": "MandatoryLabel",
}

#: Sigma's cloud log sources -> the sourcetype of the ordinary events that the values are written into.
_JSON_SOURCES: Mapping[tuple[str, str], str] = {
    ("aws", "cloudtrail"): "aws:cloudtrail",
    ("azure", "activitylogs"): "azure:monitor:activity",
    ("azure", "auditlogs"): "azure:monitor:aad",
    ("azure", "signinlogs"): "azure:monitor:aad",
    ("okta", "okta"): "OktaIM2:log",
    ("github", "audit"): "github:enterprise:audit",
    ("gcp", "gcp.audit"): "google:gcp:pubsub:message",
    ("kubernetes", "audit"): "aws:eks:audit",
    ("m365", "audit"): "o365:management:activity",
    ("m365", "threat_management"): "o365:management:activity",
}


class Renderer:
    """Renders log events with given field values. All random choices are taken from `rng`."""

    def __init__(self, backgrounds: Backgrounds, rng: random.Random) -> None:
        self.backgrounds, self.rng = backgrounds, rng

    def rule(self, product: str, category: str, service: str, values: Mapping[str, str]) -> Iterator[Record]:
        """Yield one record for each kind of event of a Sigma log source; none for an unknown log source."""
        if product == "windows":
            yield from self._windows_rule(category, service, values)
        elif product in ("linux", "macos") and category == "process_creation":
            yield from self.unix_process(_command_of(values))
        elif product == "linux":
            yield from self._linux(values)
        elif category in ("webserver", "proxy"):
            yield parse_record(Event(raw=self._web(values)))
        elif (product, service) in _JSON_SOURCES:
            yield parse_record(Event(raw=self._json(_JSON_SOURCES[product, service], values)))

    def windows(self, kind: str, values: Mapping[str, str]) -> Record:
        """Return a Windows record of a kind with the given field values, the others from an ordinary event."""
        base = self.backgrounds.record(kind, self.rng)
        if base is None:
            return Record("windows_xml", "windows", kind, tuple(values.items()))
        fields = [
            (n, values.get(n, v)) for n, v in base.fields if n not in ("OriginalFileName", "Description", "Product")
        ]
        names = {n for n, _ in base.fields}
        added = [(n, v) for n, v in values.items() if n not in names or n == "OriginalFileName"]
        return Record(base.format, base.family, base.kind, (*fields, *added))

    def windows_process(self, values: Mapping[str, str]) -> Iterator[Record]:
        """Yield a process creation as Sysmon and as Security logs it."""
        full = _complete_process(values, self.rng)
        yield self.windows("sysmon:1", full)
        yield self.windows("security:4688", {_SECURITY_4688[n]: v for n, v in full.items() if n in _SECURITY_4688})

    def script(self, text: str) -> Record:
        """Return a PowerShell script block event."""
        return self.windows("powershell:4104", {"ScriptBlockText": text})

    def unix_process(self, command: str) -> Iterator[Record]:
        """Yield an execution as auditd and as sudo log it."""
        time = f"{self.rng.randint(1_600_000_000, 1_750_000_000)}.{self.rng.randint(0, 999):03}"
        words = _split(command)
        arguments = " ".join(f'a{i}="{w}"' for i, w in enumerate(words) if '"' not in w)
        head = f"type=EXECVE msg=audit({time}:{self.rng.randint(100, 99999)}): argc={len(words)}"
        yield parse_record(Event(raw=f"{head} {arguments}"))
        user, pid = self.rng.choice(("alice", "deploy", "ubuntu", "www-data")), self.rng.randint(300, 60_000)
        head = f"Mar  3 10:1{pid % 10}:22 web1 sudo[{pid}]: {user} : TTY=pts/0 ; PWD=/home/{user} ; USER=root"
        yield parse_record(Event(raw=f"{head} ; COMMAND={command}"))

    def request(self, uri: str) -> Record:
        """Return a line of a web server's access log."""
        rng = self.rng
        agent = rng.choice(("Mozilla/5.0 (Windows NT 10.0; Win64; x64)", "curl/8.1", "-", "Mozilla/5.0 (X11)"))
        address = f"{rng.randint(11, 199)}.{rng.randint(0, 255)}.{rng.randint(0, 255)}.{rng.randint(1, 254)}"
        status = rng.choice(("200", "404", "403", "500"))
        uri = uri.replace("\n", "%0a").replace('"', "%22").replace(" ", "%20")
        size = rng.randint(100, 9000)
        line = f'{address} - - [10/Oct/2023:13:55:36 +0000] "GET {uri} HTTP/1.1" {status} {size} "-" "{agent}"'
        return parse_record(Event(raw=line))

    def _windows_rule(self, category: str, service: str, values: Mapping[str, str]) -> Iterator[Record]:
        if category == "process_creation":
            yield from self.windows_process(values)
        elif category in _CATEGORY_KINDS:
            for kind in _CATEGORY_KINDS[category]:
                yield self.windows(kind, values)
        elif service in SERVICE_SOURCE:
            provider, channel = SERVICE_SOURCE[service]
            kind = kind_of(values.get("Provider_Name", provider), channel, values.get("EventID", ""))
            rest = {n or "Data": v for n, v in values.items() if n not in ("EventID", "Provider_Name", "Channel")}
            yield self.windows(kind, rest)

    def _linux(self, values: Mapping[str, str]) -> Iterator[Record]:
        kind = values.get("type")
        if kind:
            body = " ".join(f'{n}="{v}"' for n, v in values.items() if n not in ("type", ""))
            yield parse_record(Event(raw=f"type={kind} msg=audit(1650000000.123:4567): {body}"))
        elif "" in values:
            yield parse_record(Event(raw=f"Mar  3 10:12:22 web1 kernel: {values['']}"))

    def _web(self, values: Mapping[str, str]) -> str:
        stem = values.get("cs-uri-stem", "")
        query = values.get("cs-uri-query", "")
        uri = values.get("c-uri") or values.get("cs-uri") or (f"{stem or '/index'}?{query}" if query else stem or "/")
        if "" in values:
            uri += values[""]
        method, agent = values.get("cs-method", "GET"), values.get("cs-user-agent") or values.get("c-useragent") or "-"
        status = values.get("sc-status", self.rng.choice(("200", "404")))
        return f'203.0.113.9 - - [10/Oct/2023:13:55:36 +0000] "{method} {uri} HTTP/1.1" {status} 512 "-" "{agent}"'

    def _json(self, sourcetype: str, values: Mapping[str, str]) -> str:
        base = self.backgrounds.raw(sourcetype, self.rng)
        document: dict[str, Any] = json.loads(base) if base else {}
        for path, value in values.items():
            _set(document, path.split("."), value)
        return json.dumps(document)


def _set(document: dict[str, Any], path: list[str], value: str) -> None:
    for key in path[:-1]:
        inner = document.get(key)
        document[key] = inner = inner if isinstance(inner, dict) else {}
        document = inner
    document[path[-1] or "message"] = value


def _command_of(values: Mapping[str, str]) -> str:
    image, line = values.get("Image", ""), values.get("CommandLine", "")
    return f"{image} {line}".strip() or " ".join(values.values())


def _split(command: str) -> list[str]:
    try:
        return shlex.split(command) or [command]
    except ValueError:
        return command.split()


#: Folders of programs that a value names without a folder.
_FOLDERS = ("C:\\Windows\\System32", "C:\\Windows\\SysWOW64")


def _complete_process(values: Mapping[str, str], rng: random.Random) -> dict[str, str]:
    """Add to a process creation the paths and the command line that the given values imply."""
    full = dict(values)
    image, line, name = full.get("Image", ""), full.get("CommandLine", ""), full.get("OriginalFileName", "")
    if image and not image.startswith(("C:", "%")):
        full["Image"] = rng.choice(_FOLDERS) + "\\" + image.strip("\\ ")
    if not image and (name or line.strip()):
        first = name or line.split()[0].strip("\"'")
        full["Image"] = rng.choice(_FOLDERS) + "\\" + first.rpartition("\\")[2]
    program = full.get("Image", "").rpartition("\\")[2]
    if program and program.lower() not in line.lower():
        full["CommandLine"] = f"{program} {line}".strip()
    parent = full.get("ParentImage", "")
    if parent and not parent.startswith("C:"):
        full["ParentImage"] = rng.choice(_FOLDERS) + "\\" + parent.strip("\\ ")
    return full
