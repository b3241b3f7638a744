"""One behaviour has the same canonical fields, whichever sensor logged it."""

import json

import pytest

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry import parse_and_canonicalise
from tests.telemetry import windows_samples as samples

SHARED = {
    "action": "process_create",
    "process_path": r"\windows\system32\windowspowershell\v1.0\powershell.exe",
    "process": r"powershell.exe -nop -w hidden -file \users\{user}\downloads\upd.ps1",
    "parent_process_path": r"\program files\microsoft office\root\office16\winword.exe",
    "user": "{user}",
    "integrity": "medium",
}


def fields(raw: str, **hints: str) -> dict[str, str]:
    return dict(parse_and_canonicalise(Event(raw=raw, **hints))[1].fields)


@pytest.mark.parametrize("raw", samples.ALL.values(), ids=samples.ALL.keys())
def test_process_creations_agree(raw):
    actual = fields(raw)
    assert {name: actual.get(name) for name in SHARED} == SHARED


@pytest.mark.parametrize("raw", samples.ALL.values(), ids=samples.ALL.keys())
def test_no_identity_is_left(raw):
    text = parse_and_canonicalise(Event(raw=raw, host="payroll-07"))[1].text()
    for identity in ("ortega", "payroll", "corp", "7c1d2e3f", "9012", "2334", "4711", "778899", "2026", "abab", "1604"):
        assert identity not in text.lower()


@pytest.mark.parametrize("raw", samples.ALL.values(), ids=samples.ALL.keys())
@pytest.mark.parametrize("sourcetype", ["XmlWinEventLog:Security", "zeek:conn", "access_combined", "nonsense"])
def test_the_sourcetype_makes_no_difference(raw, sourcetype):
    assert parse_and_canonicalise(Event(raw=raw)) == parse_and_canonicalise(Event(raw=raw, sourcetype=sourcetype))


def test_registry_writes_agree():
    key = r"Software\Microsoft\Windows\CurrentVersion\Run"
    sysmon = samples.windows_xml(
        "Microsoft-Windows-Sysmon",
        13,
        "Microsoft-Windows-Sysmon/Operational",
        {
            "EventType": "SetValue",
            "Image": r"C:\Windows\System32\reg.exe",
            "TargetObject": rf"HKU\S-1-5-21-1-2-3-1604\{key}\Updater",
            "Details": r"C:\Users\m.ortega\AppData\Roaming\u.exe",
            "User": r"CORP\m.ortega",
        },
    )
    security = samples.windows_xml(
        "Microsoft-Windows-Security-Auditing",
        4657,
        "Security",
        {
            "SubjectUserSid": "S-1-5-21-1-2-3-1604",
            "SubjectUserName": "m.ortega",
            "ObjectName": rf"\REGISTRY\USER\S-1-5-21-1-2-3-1604\{key}",
            "ObjectValueName": "Updater",
            "OperationType": "%%1904",
            "NewValueType": "%%1873",
            "NewValue": r"C:\Users\m.ortega\AppData\Roaming\u.exe",
            "ProcessName": r"C:\Windows\System32\reg.exe",
        },
    )
    defender = json.dumps(
        {
            "ActionType": "RegistryValueSet",
            "DeviceId": "ab" * 20,
            "RegistryKey": rf"HKEY_CURRENT_USER\{key}",
            "RegistryValueName": "Updater",
            "RegistryValueData": r"C:\Users\m.ortega\AppData\Roaming\u.exe",
            "InitiatingProcessFolderPath": r"c:\windows\system32\reg.exe",
            "InitiatingProcessFileName": "reg.exe",
            "InitiatingProcessAccountName": "m.ortega",
        }
    )
    expected = {
        "action": "registry_set",
        "process_path": r"\windows\system32\reg.exe",
        "registry_path": rf"hkcu\{key.lower()}\updater",
        "registry_value_data": r"\users\{user}\appdata\roaming\u.exe",
        "user": "{user}",
    }
    for raw in (sysmon, security, defender):
        actual = fields(raw)
        assert {name: actual.get(name) for name in expected} == expected


def test_network_connections_agree():
    sysmon = samples.windows_xml(
        "Microsoft-Windows-Sysmon",
        3,
        "Microsoft-Windows-Sysmon/Operational",
        {
            "Image": r"C:\Windows\System32\rundll32.exe",
            "Protocol": "tcp",
            "Initiated": "true",
            "SourceIp": "10.4.5.6",
            "SourcePort": "51234",
            "DestinationIp": "203.0.113.9",
            "DestinationPort": "443",
        },
    )
    security = samples.windows_xml(
        "Microsoft-Windows-Security-Auditing",
        5156,
        "Security",
        {
            "ProcessID": "4321",
            "Application": r"\device\harddiskvolume3\windows\system32\rundll32.exe",
            "Direction": "%%14593",
            "SourceAddress": "10.4.5.6",
            "SourcePort": "51234",
            "DestAddress": "203.0.113.9",
            "DestPort": "443",
            "Protocol": "6",
        },
    )
    expected = {
        "action": "network_connect",
        "process_path": r"\windows\system32\rundll32.exe",
        "transport": "tcp",
        "direction": "outbound",
        "src_ip": "{private}",
        "dest_ip": "{public}",
        "dest_port": "443",
    }
    for raw in (sysmon, security):
        actual = fields(raw)
        assert {name: actual.get(name) for name in expected} == expected
        assert "src_port" not in actual


def test_service_installations_agree():
    path = r"%SystemRoot%\Temp\svc99.exe -k netsvcs"
    system = samples.windows_xml(
        "Service Control Manager",
        7045,
        "System",
        {
            "ServiceName": "UpdateSvc",
            "ImagePath": path,
            "ServiceType": "user mode service",
            "StartType": "auto start",
            "AccountName": "LocalSystem",
        },
    )
    security = samples.windows_xml(
        "Microsoft-Windows-Security-Auditing",
        4697,
        "Security",
        {
            "SubjectUserSid": "S-1-5-18",
            "SubjectUserName": "PAYROLL-07$",
            "ServiceName": "UpdateSvc",
            "ServiceFileName": path,
            "ServiceType": "0x10",
            "ServiceStartType": "2",
            "ServiceAccount": "LocalSystem",
        },
    )
    expected = {
        "action": "service_install",
        "service_name": "updatesvc",
        "service_path": r"\windows\temp\svc99.exe -k netsvcs",
        "service_type": "user",
        "service_start": "auto",
        "service_account": "system",
    }
    for raw in (system, security):
        actual = fields(raw)
        assert {name: actual.get(name) for name in expected} == expected
    assert fields(security)["user"] == "system"
