"""Windows events from text to canonical fields."""

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry import parse_and_canonicalise
from tests.telemetry import windows_samples as samples
from tests.telemetry.parsing import canonical


def sysmon(event_id, **data):
    return samples.windows_xml("Microsoft-Windows-Sysmon", event_id, "Microsoft-Windows-Sysmon/Operational", data)


def security(event_id, **data):
    return samples.windows_xml("Microsoft-Windows-Security-Auditing", event_id, "Security", data)


def test_powershells_pipeline_record_is_taken_apart():
    raw = samples.windows_xml("PowerShell", 800, "Windows PowerShell", {}).replace(
        "<EventData>",
        "<EventData><Data>Get-Process -Name lsass</Data><Data>\tUserId=CORP\\ann\n\tHostName=ConsoleHost\n"
        "\tHostApplication=powershell.exe -File C:\\a.ps1\n-Verbose\n\tScriptName=\n"
        "\tCommandLine=Get-Process -Name lsass</Data>",
    )
    actual = canonical(raw)
    assert actual["script"] == "get-process -name lsass"
    assert actual["process"] == r"powershell.exe -file \a.ps1 -verbose"
    assert actual["user"] == "{user}"


def test_a_logon():
    raw = security(
        4624,
        SubjectUserSid="S-1-5-18",
        SubjectUserName="PAYROLL-07$",
        TargetUserSid="S-1-5-21-1-2-3-1104",
        TargetUserName="m.ortega",
        LogonType="10",
        AuthenticationPackageName="Negotiate",
        IpAddress="203.0.113.9",
        IpPort="51234",
        ImpersonationLevel="%%1833",
        ElevatedToken="%%1842",
    )
    actual = canonical(raw)
    assert actual == actual | {
        "action": "logon",
        "user": "{user}",
        "src_user": "system",
        "logon_type": "10",
        "auth_package": "negotiate",
        "src_ip": "{public}",
        "impersonation": "impersonation",
        "elevated": "yes",
    }
    assert "src_port" not in actual


def test_a_process_access_keeps_rights_and_call_trace():
    raw = sysmon(
        10,
        SourceImage=r"C:\Users\m.ortega\x.exe",
        TargetImage=r"C:\Windows\system32\lsass.exe",
        GrantedAccess="0x1010",
        CallTrace=r"C:\Windows\SYSTEM32\ntdll.dll+9d4c4|UNKNOWN(00007FF8A1)",
    )
    assert canonical(raw) == {
        "action": "process_access",
        "process_path": r"\users\{user}\x.exe",
        "target_process_path": r"\windows\system32\lsass.exe",
        "granted_access": "0x1010",
        "user": "system",
        "call_trace": "ntdll.dll unknown",
    }


def test_a_change_of_a_group_names_group_and_member():
    raw = security(
        4728,
        MemberName="CN=Eve,OU=Sales,DC=corp,DC=example",
        MemberSid="S-1-5-21-1-2-3-1105",
        TargetUserName="Domain Admins",
        TargetSid="S-1-5-21-1-2-3-512",
        SubjectUserSid="S-1-5-21-1-2-3-500",
        SubjectUserName="adm",
    )
    actual = canonical(raw)
    assert actual["action"] == "group_add"
    assert actual["group"] == "domain admins"
    assert actual["user"] == "administrator"
    assert actual["member"] == "ou=sales {user}"


def test_a_directory_access_names_the_right():
    raw = security(
        4662,
        ObjectServer="DS",
        ObjectType="%{19195a5b-6da0-11d0-afd3-00c04fd930c9}",
        OperationType="Object Access",
        AccessMask="0x100",
        Properties="%%7688\n\t{1131f6ad-9c07-11d1-f79f-00c04fc2dcd2}",
    )
    actual = canonical(raw)
    assert actual["action"] == "directory_access"
    assert actual["object_type"] == "{domain-dns}"
    assert "{ds-replication-get-all}" in actual["properties"]


def test_the_hosts_own_name_is_masked():
    data = {"TargetServerName": samples.HOST, "ObjectName": r"\\payroll-07\docs\payroll-07.txt"}
    raw = samples.windows_xml("Microsoft-Windows-Security-Auditing", 4663, "Security", data)
    text = parse_and_canonicalise(Event(raw=raw))[1].text()
    assert "payroll" not in text
    assert "{host}" in text


def test_created_and_deleted_registry_keys_have_different_actions():
    for change, action in (("CreateKey", "registry_create"), ("DeleteValue", "registry_delete")):
        raw = sysmon(12, EventType=change, Image=r"C:\Windows\regedit.exe", TargetObject=r"HKLM\SOFTWARE\X")
        assert canonical(raw)["action"] == action


def test_the_hint_host_is_masked_in_logs_of_machines_only():
    cloud = '{"eventVersion":"1","eventSource":"s3.amazonaws.com","eventName":"GetObject","x":"cloudtrail-7 read"}'
    assert "{host}" not in " ".join(canonical(cloud, host="cloudtrail-7").values())
    local = samples.windows_xml("Foo", 1, "System", {"Path": "cloudtrail-7 read"})
    assert "{host}" in " ".join(canonical(local, host="cloudtrail-7").values())
