"""Events of nine kinds of log with distinct canonical forms: the worst case for every cache.

Every text holds five words, each in a value of its own, that encode the number of the event.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from xml.sax.saxutils import escape

from loglm_bridge.contract.event import Event

_WORDS = (
    "update", "sync", "backup", "report", "render", "import", "export", "index", "archive", "scan", "build", "deploy",
    "check", "restore", "convert", "verify", "rotate", "compact", "mirror", "publish", "collect", "refresh", "install",
    "remove", "repair", "inspect", "resolve", "migrate", "compress", "balance",
)  # fmt: skip

#: The number of distinct events.
COUNT = len(_WORDS) ** 5

#: Coprime to COUNT: neighbours in the stream share no word.
_STRIDE = 7_368_787

_HOST = "ws-ember-04.example.com"
_SYSMON = "Microsoft-Windows-Sysmon/Operational"
_POWERSHELL = "Microsoft-Windows-PowerShell/Operational"
_GUID = "{7c1e0032-2b4d-4f6a-9c8e-0d1f2a3b4c5d}"
_TIME = "2026-03-02T08:15:23.512Z"


def distinct_event(number: int) -> Event:
    """Return the event of a number below COUNT; no other number has its canonical form."""
    code, words = number * _STRIDE % COUNT, []
    for _ in range(5):
        code, index = divmod(code, len(_WORDS))
        words.append(_WORDS[index])
    raw, sourcetype = _KINDS[number % len(_KINDS)](*words)
    return Event(raw, sourcetype, "bench", _HOST)


def _process(a: str, b: str, c: str, d: str, e: str) -> tuple[str, str]:
    program = f"C:\\Program Files\\{a.title()} {b.title()}\\{c}.exe"
    fields = {
        "EventID": 1, "Channel": _SYSMON, "Computer": _HOST, "UtcTime": "2026-03-02 08:15:23.512", "ProcessId": 7120,
        "ProcessGuid": _GUID, "Image": program, "CommandLine": f'"{program}" --{d} C:\\Data\\{e}.db --quiet',
        "ParentImage": "C:\\Windows\\explorer.exe", "ParentProcessId": 4312, "User": "EXAMPLE\\mquill",
        "IntegrityLevel": "Medium", "LogonId": "0x5f21c",
    }  # fmt: skip
    return json.dumps(fields), "sysmon:json"


def _registry(a: str, b: str, c: str, d: str, e: str) -> tuple[str, str]:
    fields = {
        "EventType": "SetValue", "UtcTime": "2026-03-02 08:15:23.512", "ProcessGuid": _GUID, "ProcessId": "3280",
        "Image": f"C:\\Program Files\\{a.title()}\\{b}.exe", "Details": f"C:\\ProgramData\\{e}.dat",
        "TargetObject": f"HKLM\\SOFTWARE\\{c.title()}\\{d}",
    }  # fmt: skip
    return _xml("Microsoft-Windows-Sysmon", _SYSMON, 13, fields)


def _script(a: str, b: str, c: str, d: str, e: str) -> tuple[str, str]:
    text = f"Get-ChildItem C:\\{a} -Filter {b}*.log | Select-String '{c}' | Export-Csv C:\\{d}\\{e}.csv"
    fields = {"MessageNumber": "1", "MessageTotal": "1", "ScriptBlockText": text, "ScriptBlockId": _GUID[1:-1]}
    return _xml("Microsoft-Windows-PowerShell", _POWERSHELL, 4104, fields)


def _created(a: str, b: str, c: str, d: str, e: str) -> tuple[str, str]:
    program = f"C:\\Tools\\{a}\\{b}.exe"
    fields = {
        "SubjectUserSid": "S-1-5-21-301-302-303-1104", "SubjectUserName": "mquill", "SubjectDomainName": "EXAMPLE",
        "SubjectLogonId": "0x5f21c", "NewProcessId": "0x1f4c", "NewProcessName": program, "ProcessId": "0x9a04",
        "CommandLine": f"{program} /{c} {d} /log:{e}.txt", "ParentProcessName": "C:\\Windows\\System32\\services.exe",
    }  # fmt: skip
    return _xml("Microsoft-Windows-Security-Auditing", "Security", 4688, fields)


def _sudo(a: str, b: str, c: str, d: str, e: str) -> tuple[str, str]:
    command = f"/usr/local/bin/{b}-{c} --{d}={e} --verbose"
    head = "Mar  2 08:28:50 web1 sudo[21904]:   carol : TTY=pts/0"
    return f"{head} ; PWD=/srv/{a} ; USER=root ; COMMAND={command}", "linux_secure"


def _execve(a: str, b: str, c: str, d: str, e: str) -> tuple[str, str]:
    arguments = (f"/opt/{a}/{b}", f"--{c}", d, f"/var/lib/{e}")
    fields = " ".join(f'a{i}="{argument}"' for i, argument in enumerate(arguments))
    return f"type=EXECVE msg=audit(1772440070.512:88099): argc={len(arguments)} {fields}", "linux:audit"


def _page(a: str, b: str, c: str, d: str, e: str) -> tuple[str, str]:
    head = f'198.51.100.23 - - [02/Mar/2026:08:29:34 +0000] "GET /{a}/{b}/{c}.html?{d}={e} HTTP/1.1" 200 18231'
    return f'{head} "-" "Mozilla/5.0 (X11; Linux x86_64; rv:136.0) Gecko/20100101 Firefox/136.0"', "access_combined"


def _cloud(a: str, b: str, c: str, d: str, e: str) -> tuple[str, str]:
    fields = {
        "eventVersion": "1.09", "eventTime": _TIME, "eventSource": "ssm.amazonaws.com", "eventName": "SendCommand",
        "userIdentity": {"type": "AssumedRole", "arn": "arn:aws:sts::123456789012:assumed-role/inventory/inventory"},
        "awsRegion": "eu-central-1", "sourceIPAddress": "10.20.9.4", "userAgent": "Boto3/1.35.0",
        "requestParameters": {
            "documentName": "AWS-RunShellScript", "parameters": {"commands": [f"{a} {b} --{c} {d} /srv/{e}"]},
        },
        "responseElements": None, "requestID": _GUID[1:-1], "eventID": _GUID[1:-1], "eventType": "AwsApiCall",
    }  # fmt: skip
    return json.dumps(fields), "aws:cloudtrail"


def _request(a: str, b: str, c: str, d: str, e: str) -> tuple[str, str]:
    fields = {
        "_path": "http", "ts": _TIME, "uid": "Cnfnoz2XImt2MU5aWh", "id.orig_h": "10.20.4.31", "id.orig_p": 50312,
        "id.resp_h": "192.0.2.80", "id.resp_p": 80, "method": "POST", "host": "www.example.com",
        "uri": f"/{a}/{b}/{c}?{d}={e}", "user_agent": "curl/8.5.0", "status_code": 200, "status_msg": "OK",
    }  # fmt: skip
    return json.dumps(fields), "zeek:http"


def _xml(provider: str, channel: str, number: int, fields: dict[str, str]) -> tuple[str, str]:
    data = "".join(f"<Data Name='{name}'>{escape(value)}</Data>" for name, value in fields.items())
    return (
        "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>"
        f"<Provider Name='{provider}'/><EventID>{number}</EventID><Level>4</Level><TimeCreated SystemTime='{_TIME}'/>"
        "<EventRecordID>481207</EventRecordID><Correlation/><Execution ProcessID='3280' ThreadID='5120'/>"
        f"<Channel>{channel}</Channel><Computer>{_HOST}</Computer></System><EventData>{data}</EventData></Event>"
    ), f"XmlWinEventLog:{channel}"


_KINDS: tuple[Callable[[str, str, str, str, str], tuple[str, str]], ...] = (
    _process, _registry, _script, _created, _sudo, _execve, _page, _cloud, _request,
)  # fmt: skip
