"""One process creation as each sensor would log it, and other Windows events; written for these tests."""

import json
from html import escape

HOST = "PAYROLL-07.corp.example"
IMAGE = r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe"
COMMAND = rf'"{IMAGE}" -NoP -W Hidden -File C:\Users\m.ortega\Downloads\upd.ps1'
PARENT = r"C:\Program Files\Microsoft Office\root\Office16\WINWORD.EXE"
GUID = "{7c1d2e3f-1111-2222-3333-444455556666}"


def windows_xml(provider: str, event_id: int, channel: str, data: dict[str, str], host: str = HOST) -> str:
    """Return an event as Splunk's XmlWinEventLog holds it."""
    pairs = "".join(f"<Data Name='{name}'>{escape(value, quote=False)}</Data>" for name, value in data.items())
    return (
        "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>"
        f"<Provider Name='{provider}' Guid='{GUID}'/><EventID>{event_id}</EventID><Version>2</Version><Level>4</Level>"
        "<Task>1</Task><Opcode>0</Opcode><Keywords>0x8000000000000000</Keywords>"
        "<TimeCreated SystemTime='2026-03-04T05:06:07.123456700Z'/><EventRecordID>778899</EventRecordID>"
        f"<Correlation ActivityID='{GUID}'/><Execution ProcessID='4711' ThreadID='4712'/><Channel>{channel}</Channel>"
        f"<Computer>{host}</Computer><Security UserID='S-1-5-18'/></System><EventData>{pairs}</EventData></Event>"
    )


SYSMON_FIELDS = {
    "RuleName": "-",
    "UtcTime": "2026-03-04 05:06:07.120",
    "ProcessGuid": GUID,
    "ProcessId": "9012",
    "Image": IMAGE,
    "FileVersion": "10.0.22621.1 (WinBuild.160101.0800)",
    "Description": "Windows PowerShell",
    "Product": "Microsoft Windows Operating System",
    "Company": "Microsoft Corporation",
    "OriginalFileName": "PowerShell.EXE",
    "CommandLine": COMMAND,
    "CurrentDirectory": "C:\\Users\\m.ortega\\",
    "User": "CORP\\m.ortega",
    "LogonGuid": GUID,
    "LogonId": "0x3a5f1",
    "TerminalSessionId": "1",
    "IntegrityLevel": "Medium",
    "Hashes": "SHA256=" + "AB" * 32,
    "ParentProcessGuid": GUID,
    "ParentProcessId": "8120",
    "ParentImage": PARENT,
    "ParentCommandLine": f'"{PARENT}" /n "C:\\Users\\m.ortega\\Documents\\offer.docm"',
    "ParentUser": "CORP\\m.ortega",
}
SECURITY_FIELDS = {
    "SubjectUserSid": "S-1-5-21-1111111111-2222222222-3333333333-1604",
    "SubjectUserName": "m.ortega",
    "SubjectDomainName": "CORP",
    "SubjectLogonId": "0x3a5f1",
    "NewProcessId": "0x2334",
    "NewProcessName": IMAGE,
    "TokenElevationType": "%%1938",
    "ProcessId": "0x1fb8",
    "CommandLine": COMMAND,
    "TargetUserSid": "S-1-0-0",
    "TargetUserName": "-",
    "TargetDomainName": "-",
    "TargetLogonId": "0x0",
    "ParentProcessName": PARENT,
    "MandatoryLabel": "S-1-16-8192",
}
SYSMON_XML = windows_xml("Microsoft-Windows-Sysmon", 1, "Microsoft-Windows-Sysmon/Operational", SYSMON_FIELDS)
SECURITY_XML = windows_xml("Microsoft-Windows-Security-Auditing", 4688, "Security", SECURITY_FIELDS)
SYSMON_JSON = json.dumps({"EventID": 1, "Computer": HOST, **SYSMON_FIELDS})
WINLOGBEAT_JSON = json.dumps(
    {
        "@timestamp": "2026-03-04T05:06:07.123Z",
        "agent": {"hostname": "payroll-07", "type": "winlogbeat"},
        "event": {"code": 4688, "action": "Process Creation"},
        "winlog": {
            "channel": "Security",
            "computer_name": HOST,
            "event_id": 4688,
            "provider_name": "Microsoft-Windows-Security-Auditing",
            "event_data": SECURITY_FIELDS,
        },
    }
)
DEFENDER_JSON = json.dumps(
    {
        "Timestamp": "2026-03-04T05:06:07.1234567Z",
        "DeviceId": "ab" * 20,
        "DeviceName": "payroll-07.corp.example",
        "ActionType": "ProcessCreated",
        "FileName": "powershell.exe",
        "FolderPath": IMAGE,
        "SHA256": "ab" * 32,
        "AccountDomain": "corp",
        "AccountName": "m.ortega",
        "ProcessId": 9012,
        "ProcessCommandLine": COMMAND,
        "ProcessIntegrityLevel": "Medium",
        "InitiatingProcessFileName": "WINWORD.EXE",
        "InitiatingProcessFolderPath": PARENT,
        "InitiatingProcessId": 8120,
    }
)
RENDERED_TEXT = (
    "03/04/2026 05:06:07 AM\nLogName=Security\nEventCode=4688\nEventType=0\nComputerName=PAYROLL-07.corp.example\n"
    "SourceName=Microsoft Windows security auditing.\nType=Information\nRecordNumber=778899\nKeywords=Audit Success\n"
    "Message=A new process has been created.\n\nCreator Subject:\n"
    "\tSecurity ID:\t\tS-1-5-21-1111111111-2222222222-3333333333-1604\n\tAccount Name:\t\tm.ortega\n"
    "\tAccount Domain:\t\tCORP\n\tLogon ID:\t\t0x3A5F1\n\nProcess Information:\n\tNew Process ID:\t\t0x2334\n"
    f"\tNew Process Name:\t{IMAGE}\n\tToken Elevation Type:\t%%1938\n\tMandatory Label:\t\tS-1-16-8192\n"
    f"\tCreator Process ID:\t0x1fb8\n\tCreator Process Name:\t{PARENT}\n\tProcess Command Line:\t{COMMAND}\n"
)
ALL = {
    "sysmon xml": SYSMON_XML,
    "security xml": SECURITY_XML,
    "sysmon json": SYSMON_JSON,
    "winlogbeat json": WINLOGBEAT_JSON,
    "defender json": DEFENDER_JSON,
    "rendered text": RENDERED_TEXT,
}
