"""Windows events as XML, whole and damaged, and as rendered text."""

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry import parse_and_canonicalise, parse_record
from tests.telemetry import windows_samples as samples


def fields(raw: str) -> dict[str, str]:
    return dict(parse_record(Event(raw=raw)).fields)


def test_attributes_in_either_quote_entities_and_cdata():
    raw = (
        '<Event xmlns="x"><System><Provider Name="P&amp;Q"/><EventID Qualifiers="1">7</EventID>'
        "<Channel>System</Channel></System><EventData><Data Name=\"a\">1 &lt; 2 &amp;&#38; 'x' &reg add</Data>"
        "<Data Name='b'><![CDATA[<raw> & text]]></Data><Data Name='c'/><Data>plain</Data></EventData></Event>"
    )
    found = fields(raw)
    assert found["Provider"] == "P&Q"
    assert found["EventID"] == "7"
    assert found["a"] == "1 < 2 && 'x' &reg add"
    assert found["b"] == "<raw> & text"
    assert found["Data"] == "plain"


def test_user_data_leaves_and_namespaces():
    raw = (
        "<Event><System><Provider Name='Microsoft-Windows-Eventlog'/><EventID>104</EventID><Channel>System</Channel>"
        "</System><UserData><LogFileCleared xmlns='m' xmlns:a='b'><a:SubjectUserName>ann</a:SubjectUserName>"
        "<Channel>Security</Channel></LogFileCleared></UserData></Event>"
    )
    record, form = parse_and_canonicalise(Event(raw=raw))
    assert ("SubjectUserName", "ann") in record.fields
    assert record.kind == "eventlog:104"
    assert dict(form.fields)["action"] == "log_clear"


def test_unescaped_command_lines_are_text():
    raw = samples.SYSMON_XML.replace("</Data>", " && sort < in.txt</Data>", 40)
    assert fields(raw)["CommandLine"].endswith("sort < in.txt")


def test_a_cut_event_gives_what_it_holds():
    for share in (0.3, 0.5, 0.7, 0.9):
        record = parse_record(Event(raw=samples.SYSMON_XML[: int(len(samples.SYSMON_XML) * share)]))
        assert record.format == "windows_xml"
        assert record.kind == "sysmon:1"


def test_other_tags_are_not_windows_events():
    assert parse_record(Event(raw="<EventLog><a>1</a></EventLog>")).format != "windows_xml"


def test_rendered_text_and_powershell_context():
    raw = samples.windows_xml("PowerShell", 800, "Windows PowerShell", {}).replace(
        "<EventData>",
        "<EventData><Data>Get-Process -Name lsass</Data><Data>\tUserId=CORP\\ann\n\tHostName=ConsoleHost\n"
        "\tHostApplication=powershell.exe -File C:\\a.ps1\n-Verbose\n\tScriptName=\n"
        "\tCommandLine=Get-Process -Name lsass</Data>",
    )
    form = dict(parse_and_canonicalise(Event(raw=raw))[1].fields)
    assert form["script"] == "get-process -name lsass"
    assert form["process"] == r"powershell.exe -file \a.ps1 -verbose"
    assert form["user"] == "{user}"


def test_the_hosts_own_name_becomes_a_class():
    data = {"TargetServerName": samples.HOST, "ObjectName": r"\\payroll-07\docs\payroll-07.txt"}
    raw = samples.windows_xml("Microsoft-Windows-Security-Auditing", 4663, "Security", data)
    text = parse_and_canonicalise(Event(raw=raw))[1].text()
    assert "payroll" not in text


def test_registry_keys_made_and_deleted_are_told_apart():
    for change, action in (("CreateKey", "registry_create"), ("DeleteValue", "registry_delete")):
        data = {"EventType": change, "Image": r"C:\Windows\regedit.exe", "TargetObject": r"HKLM\SOFTWARE\X"}
        raw = samples.windows_xml("Microsoft-Windows-Sysmon", 12, "Microsoft-Windows-Sysmon/Operational", data)
        assert dict(parse_and_canonicalise(Event(raw=raw))[1].fields)["action"] == action


def test_the_hint_host_is_a_machines_only():
    cloud = '{"eventVersion":"1","eventSource":"s3.amazonaws.com","eventName":"GetObject","x":"cloudtrail-7 read"}'
    assert "{host}" not in parse_and_canonicalise(Event(raw=cloud, host="cloudtrail-7"))[1].text()
    local = samples.windows_xml("Foo", 1, "System", {"Path": "cloudtrail-7 read"})
    assert "{host}" in parse_and_canonicalise(Event(raw=local, host="cloudtrail-7"))[1].text()
