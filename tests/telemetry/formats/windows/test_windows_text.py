"""Windows events as rendered text, Splunk's classic WinEventLog."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.formats.windows import windows_text
from tests.telemetry import windows_samples as samples
from tests.telemetry.parsing import assert_linear, few_examples

HEADER = (
    "01/03/2024 10:00:00 AM\nLogName={channel}\nSourceName={source}\nEventCode={code}\nEventType=0\n"
    "ComputerName=WS1.corp.example\nKeywords={keywords}\nMessage={message}"
)


def parse(text):
    return windows_text.parse(text, Event(text))


def event(
    message, channel="Security", code="4625", source="Microsoft Windows security auditing.", keywords="Audit Failure"
):
    return HEADER.format(channel=channel, source=source, code=code, keywords=keywords, message=message)


def test_a_process_creation_has_the_fields_of_event_xml():
    record = parse(samples.RENDERED_TEXT)
    assert (record.format, record.family, record.kind) == ("windows_text", "windows", "security:4688")
    actual = dict(record.fields)
    assert actual["NewProcessName"] == samples.IMAGE
    assert actual["CommandLine"] == samples.COMMAND
    assert actual["ParentProcessName"] == samples.PARENT
    assert actual["SubjectUserName"] == "m.ortega"
    assert actual["MandatoryLabel"] == "S-1-16-8192"


@pytest.mark.parametrize(
    ("keywords", "result"), [("Audit Failure", "failure"), ("Audit Success", "success"), ("Classic", None), ("", None)]
)
def test_header_fields(keywords, result):
    actual = dict(parse(event("Nothing to take apart", keywords=keywords)).fields)
    assert actual.pop("Result", None) == result
    assert actual == {
        "Channel": "Security",
        "Provider": "Microsoft Windows security auditing.",
        "EventID": "4625",
        "Computer": "WS1.corp.example",
        "Data": "Nothing to take apart",
    }


def test_wmis_names_of_the_header():
    record = parse("Category=0\nEventCode=7045\nLogfile=System\nSourceName=Service Control Manager\nMessage=x")
    assert record.kind == "services:7045"


def test_powershells_context_is_taken_apart():
    message = (
        "Engine state is changed from None to Available.\n\nDetails:\n\tNewEngineState=Available\n"
        "\tPreviousEngineState=None\n\n\tHostName=ConsoleHost\n\tHostApplication=powershell.exe -nop\n\tScriptName=\n"
    )
    record = parse(event(message, channel="Windows PowerShell", code="400", source="PowerShell", keywords="Classic"))
    assert record.kind == "powershell:400"
    actual = dict(record.fields)
    assert actual["HostApplication"] == "powershell.exe -nop"
    assert actual["HostProgram"] == "ConsoleHost"
    assert actual["NewEngineState"] == "Available"


def test_an_event_without_message_has_its_header():
    record = parse("LogName=System\nEventCode=6005\nSourceName=EventLog\n")
    assert dict(record.fields)["EventID"] == "6005"


@few_examples
@given(
    st.from_regex(r"[a-z]\.[a-z]{3,9}", fullmatch=True),
    st.ip_addresses(v=4).map(str),
    st.integers(1, 65_535),
    st.sampled_from(["2", "3", "10"]),
)
def test_a_failed_logon_of_known_values_gives_them_back(user, address, port, logon_type):
    message = (
        f"An account failed to log on.\n\nSubject:\n\tSecurity ID:\t\tS-1-0-0\n\tAccount Name:\t\t-\n\n"
        f"Logon Type:\t\t\t{logon_type}\n\nAccount For Which Logon Failed:\n\tSecurity ID:\t\tS-1-0-0\n"
        f"\tAccount Name:\t\t{user}\n\tAccount Domain:\t\tCORP\n\nFailure Information:\n\tStatus:\t\t\t0xC000006D\n\n"
        f"Network Information:\n\tSource Network Address:\t{address}\n\tSource Port:\t\t{port}\n"
    )
    actual = dict(parse(event(message)).fields)
    assert actual["TargetUserName"] == user
    assert (actual["IpAddress"], actual["IpPort"]) == (address, str(port))
    assert (actual["LogonType"], actual["Status"]) == (logon_type, "0xC000006D")


@pytest.mark.parametrize(
    "text", ["", "EventCode=1", "LogName=x", "LogName=x\nEventCode=abc\n", "a sentence with EventCode=1 and LogName=2"]
)
def test_other_text_is_no_rendered_event(text):
    assert parse(text) is None


@pytest.mark.parametrize("unit", ["LogName=", "Subject:\n\tAccount Name:\t", "a: b\n", "\n", " ", "EventCode=1\n"])
def test_parsing_takes_linear_time(unit):
    assert_linear(parse, unit, "LogName=x\nEventCode=1\n")
    assert_linear(parse, unit, "LogName=x\nEventCode=1\nMessage=")
