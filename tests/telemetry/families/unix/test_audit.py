"""Linux audit events, whatever format they were in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.telemetry.families.unix import audit
from tests.telemetry.parsing import few_examples


def fields(*parts):
    return dict(audit.record("auditd", parts).fields)


@pytest.mark.parametrize(
    ("types", "kind", "action"),
    [
        (["EXECVE"], "audit:execve", "process_create"),
        (["CWD", "EXECVE", "SYSCALL"], "audit:execve", "process_create"),
        (["USER_LOGIN"], "audit:user_login", "logon"),
        (["CONFIG_CHANGE"], "audit:config_change", "audit_change"),
        (["UNHEARD_OF"], "audit:unheard_of", ""),
        ([], "audit:", ""),
    ],
)
def test_the_most_informative_record_decides(types, kind, action):
    record = audit.record("auditd", [(record_type, ()) for record_type in types])
    assert (record.family, record.kind) == ("linux", kind)
    assert dict(record.fields).get("action", "") == action


@pytest.mark.parametrize(
    ("values", "action", "syscall"),
    [
        ({"syscall": "42"}, "syscall_connect", "connect"),
        ({"syscall": "59"}, "process_create", "execve"),
        ({"syscall": "999"}, "syscall_999", "999"),
        ({"syscall": "11", "SYSCALL": "execve"}, "process_create", "execve"),
    ],
)
def test_system_calls_have_names(values, action, syscall):
    actual = fields(("SYSCALL", tuple(values.items())))
    assert (actual["action"], actual["syscall"]) == (action, syscall)


@pytest.mark.parametrize(
    ("record_type", "result", "action"),
    [
        ("USER_AUTH", "failed", "logon_failed"),
        ("USER_AUTH", "success", "logon_check"),
        ("USER_LOGIN", "no", "logon_failed"),
        ("USER_CMD", "failed", "sudo_failed"),
        ("USER_CMD", "success", "sudo_command"),
        ("USER_ACCT", "failed", "account_check"),
    ],
)
def test_failures_have_actions_of_their_own(record_type, result, action):
    assert fields((record_type, (("res", result),)))["action"] == action


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([("argc", "2"), ("a0", "bash"), ("a1", "-c")], "bash -c"),
        ([("a1", "-c"), ("a0", "bash")], "bash -c"),
        ([("a0", "echo"), ("a1", "77686F616D69202F616C6C")], "echo 'whoami /all'"),
        ([("a0", "echo"), ("a1", "")], "echo ''"),
        ([("a0", "x"), ("a1[0]", "long "), ("a1[1]", "text")], "x 'long text'"),
        ([], ""),
    ],
)
def test_command(pairs, expected):
    assert audit.command(pairs) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2F62696E2F636174", "/bin/cat"),
        ("6C73002D6C00", "ls -l"),
        ("123456", "123456"),
        ("cafe", "cafe"),
        ("ABCD", "ABCD"),
        ("not hex", "not hex"),
    ],
)
def test_decoded(value, expected):
    assert audit.decoded(value) == expected


@pytest.mark.xfail(reason="replacement characters count as printable")
def test_binary_data_stays_in_hexadecimal():
    assert audit.decoded("FFFEFDFCFBFA") == "FFFEFDFCFBFA"


@few_examples
@given(st.from_regex(r"/[a-z]{1,8}(/[j-o]{1,8}){1,3} [a-z]{1,5}", fullmatch=True))
def test_encoded_text_round_trips(text):
    assert audit.decoded(text.encode().hex().upper()) == text


@pytest.mark.parametrize(
    ("saddr", "expected"),
    [
        ("020001BBCB0071090000000000000000", [("dest_ip", "203.0.113.9"), ("dest_port", "443")]),
        (
            "0A00003500000000" + "20010DB8000000000000000000000009" + "00000000",
            [("dest_ip", "2001:0db8:0000:0000:0000:0000:0000:0009"), ("dest_port", "53")],
        ),
        ("01002F746D702F7300", [("file_path", "/tmp/s")]),
        ("0100000000", []),
        ("1000000000000000", [("socket_family", "16")]),
        ("0200", []),
        ("zz", []),
        ("", []),
    ],
)
def test_address(saddr, expected):
    assert audit.address(saddr) == expected


@few_examples
@given(st.ip_addresses(v=4), st.integers(0, 65_535))
def test_socket_addresses_round_trip(address, port):
    saddr = "0200" + port.to_bytes(2, "big").hex() + address.packed.hex() + "00" * 8
    assert dict(fields(("SOCKADDR", (("saddr", saddr.upper()),)))) == {"dest_ip": str(address), "dest_port": str(port)}


def test_identifying_and_blank_fields_are_dropped():
    pairs = (("pid", "1"), ("exe", "/bin/x"), ("comm", "x"), ("tty", "pts0"), ("acct", "?"), ("key", "(null)"))
    assert fields(("ANOM_ABEND", pairs)) == {"action": "process_crash", "process_path": "/bin/x"}


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([("uid", "0"), ("auid", "1000")], {"user": "root", "login_session": "yes"}),
        ([("uid", "1000"), ("auid", "4294967295")], {"login_session": "no"}),
        ([("uid", "0"), ("acct", "ann")], {"user": "ann", "src_user": "root"}),
    ],
)
def test_root_and_login_sessions_are_named(pairs, expected):
    assert fields(("ADD_USER", tuple(pairs))) == {"action": "account_create"} | expected
