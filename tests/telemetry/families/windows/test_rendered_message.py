"""Rendered text of Windows events, taken apart."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.telemetry.families.windows import rendered_message
from loglm_bridge.telemetry.families.windows.rendered_message import context, expand, message
from tests.telemetry.parsing import assert_linear, few_examples

PIECES = st.sampled_from(
    ["\n", "\r\n", " ", "\t", "=", " = ", "User", "Host Application", "HostApplication", "UserId", "x", "Details:", "é"]
)


@given(st.lists(PIECES, max_size=30).map("".join))
def test_keys_are_at_the_beginnings_of_lines(text):
    lines = re.compile("^" + rendered_message._CONTEXT_KEY.pattern, re.MULTILINE)
    assert [key.span() for key in rendered_message._context_keys(text)] == [key.span() for key in lines.finditer(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "\tUserId=ann\n\tHostApplication=a.exe -x a=b\n y\nScriptName=\nDetails:\nfirst\nlast",
            [("User", "ann"), ("HostApplication", "a.exe -x a=b\n y"), ("Payload", "first\nlast")],
        ),
        (
            "Severity = Informational\n        Host Name = ConsoleHost\n        Command Line = whoami",
            [("HostProgram", "ConsoleHost"), ("Payload", "whoami")],
        ),
        ("RunspaceId=7\nPipelineId=8", []),
        ("nothing = known", []),
        ("", []),
    ],
)
def test_context(text, expected):
    assert context(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Subject:\n\tSecurity ID:\t\tS-1-5-18\n\tAccount Name:\t\tWS1$\n\nNew Logon:\n\tAccount Name:\t\tann\n",
            [("SubjectUserSid", "S-1-5-18"), ("SubjectUserName", "WS1$"), ("TargetUserName", "ann")],
        ),
        (
            "Member:\n\tSecurity ID:\t\tS-1-5-21-1\n\nGroup:\n\tGroup Name:\t\tAdmins\n",
            [("MemberSid", "S-1-5-21-1"), ("TargetUserName", "Admins")],
        ),
        (
            "Network Information:\n\tSource Network Address:\t10.0.0.1\n\tSource Port:\t\t-\n",
            [("IpAddress", "10.0.0.1")],
        ),
        ("Process Information:\n\tNew Process Name:\tC:\\x.exe\n", [("NewProcessName", "C:\\x.exe")]),
        ("Logon Type:\t3\nRead Me:   yes\n", [("LogonType", "3"), ("ReadMe", "yes")]),
        (
            "\tPrivileges:\t\tSeDebugPrivilege\n\t\t\tSeBackupPrivilege",
            [("PrivilegeList", "SeDebugPrivilege SeBackupPrivilege")],
        ),
        ("User: CORP\\ann\nSession ID: 2\n", [("User", "CORP\\ann"), ("SessionID", "2")]),
        ("A sentence about nothing.", []),
        ("", []),
    ],
)
def test_message(text, expected):
    assert message(text) == expected


@few_examples
@given(
    st.dictionaries(
        st.from_regex(r"[A-Z][a-z]{3,8} [A-Z][a-z]{3,8}", fullmatch=True),
        st.from_regex(r"[a-z0-9]{1,9}", fullmatch=True),
    )
)
def test_labels_without_a_name_of_their_own_lose_their_blanks(values):
    text = "A sentence.\n\nSome Section:\n" + "".join(f"\t{label}:\t\t{value}\n" for label, value in values.items())
    known = {"Account", "Security", "Logon", "Source", "Client", "Share", "Result", "Failure", "Error", "Target"}
    values = {label: value for label, value in values.items() if label.split(" ")[0] not in known}
    assert {label.replace(" ", ""): value for label, value in values.items()}.items() <= dict(message(text)).items()


@pytest.mark.parametrize(
    ("fields", "kind", "expected"),
    [
        ([("Data", "plain")], "x:1", [("Data", "plain")]),
        ([("Data", "Read Me:\tyes\nmore")], "x:1", [("ReadMe", "yes")]),
        ([("Message", "no labels\nhere:")], "x:1", [("Message", "no labels\nhere:")]),
        (
            [("ContextInfo", "UserId=ann\nHostApplication=a.exe")],
            "powershell:4103",
            [("User", "ann"), ("HostApplication", "a.exe")],
        ),
        ([("ContextInfo", "UserId=ann")], "x:1", [("ContextInfo", "UserId=ann")]),
        ([("Data", "Get-Process")], "powershell:800", [("Payload", "Get-Process")]),
        ([("Data", "Operation = Start; User = ann; Empty")], "wmi:5858", [("Operation", "Start"), ("User", "ann")]),
        ([("Image", "a: b\nc: d")], "x:1", [("Image", "a: b\nc: d")]),
    ],
)
def test_expand(fields, kind, expected):
    assert expand(fields, kind) == expected


@pytest.mark.parametrize(
    "unit", ["a:", "a: b\n", "User=\n", "=", "\n", "\t", "Details:\n", "Subject:\n\tAccount Name:\t"]
)
def test_reading_takes_linear_time(unit):
    assert_linear(message, unit)
    assert_linear(context, unit)
