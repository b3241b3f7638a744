"""Bodies of syslog programs and audit events: the command is the command, whoever logged it."""

import pytest

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry import parse_and_canonicalise
from loglm_bridge.telemetry.canonicaliser import canonicalise
from loglm_bridge.telemetry.families.unix import audit, linux
from loglm_bridge.telemetry.formats import lines

CAT = "/bin/cat /etc/shadow"
HEX = CAT.encode().hex().upper()


def fields(text):
    event = Event(text)
    return dict(canonicalise(lines.parse(text, event), event).fields)


@pytest.mark.parametrize(
    ("text", "action"),
    [
        (f"Jan  3 10:00:02 h sudo:   al : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND={CAT}", "sudo_command"),
        (f"Jan  3 10:00:02 h CRON[9]: (root) CMD ({CAT})", "cron_command"),
        ('type=EXECVE msg=audit(1700000000.1:4): argc=2 a0="/bin/cat" a1="/etc/shadow"', "process_create"),
        (f"type=USER_CMD msg=audit(1700000000.1:4): pid=1 msg='cwd=\"/\" cmd={HEX} res=success'", "sudo_command"),
    ],
)  # fmt: skip
def test_commands_are_one_field_whoever_logs_them(text, action):
    found = fields(text)
    assert found["process"] == CAT
    assert found["action"] == action


def test_execve_arguments_are_decoded_and_joined():
    pairs = [("argc", "3"), ("a0", "bash"), ("a2", "77686F616D69202F616C6C"), ("a1", "-c")]
    assert audit.command(pairs) == "bash -c 'whoami /all'"


def test_an_argument_that_only_looks_hexadecimal_stays():
    assert audit.decoded("123456") == "123456"
    assert audit.decoded("cafe") == "cafe"


def test_one_event_of_several_records_is_one_record():
    text = (
        "type=SYSCALL msg=audit(1700000000.1:4): arch=c000003e syscall=59 success=yes exit=0 uid=0 "
        'comm="id" exe="/usr/bin/id" key="cmd"\n'
        'type=EXECVE msg=audit(1700000000.1:4): argc=1 a0="id"\n'
        'type=CWD msg=audit(1700000000.1:4): cwd="/tmp"'
    )
    found = fields(text)
    assert (found["action"], found["process"], found["process_path"]) == ("process_create", "id", "/usr/bin/id")
    assert found["current_directory"] == "/tmp"


def test_socket_address_is_decoded():
    assert audit.address("020001BBCB0071090000000000000000") == [("dest_ip", "203.0.113.9"), ("dest_port", "443")]
    assert audit.address("01002F746D702F7300") == [("file_path", "/tmp/s")]
    assert audit.address("zz") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sshd[1]: Invalid user admin from 203.0.113.9 port 4411", {"action": "logon_invalid_user", "user": "admin"}),
        ("sshd[1]: Connection closed by authenticating user root 203.0.113.9 port 4411 [preauth]", {"user": "root"}),
        ("su: pam_unix(su:session): session opened for user root by al(uid=1000)", {"action": "logon", "user": "root"}),
        ("usermod[1]: add 'eve' to group 'sudo'", {"action": "group_add", "group": "sudo"}),
        ("passwd[1]: pam_unix(passwd:chauthtok): password changed for eve", {"action": "password_change"}),
        ("systemd[1]: Started Session 4 of user eve.", {"action": "service_start"}),
        (
            "postfix/smtpd[1]: warning: x[203.0.113.9]: SASL LOGIN authentication failed: bad",
            {"action": "logon_failed"},
        ),
        ("dhcpd[1]: DHCPACK on 10.0.0.5 to aa:bb:cc:dd:ee:ff (x) via eth0", {"action": "dhcp_lease"}),
    ],
)
def test_program_sentences(text, expected):
    found = fields("Jan  3 10:00:02 h " + text)
    assert {n: found.get(n) for n in expected} == expected


def test_program_names():
    assert linux.program("/usr/sbin/CRON") == "cron"
    assert linux.program("sshd(pam_unix)") == "sshd"


def test_audit_event_in_json():
    raw = '{"ID":"1650000000.123:45","SYSCALL":{"syscall":59,"exe":"/bin/cat"},"EXECVE":{"ARGV":["cat","/etc/shadow"]}}'
    found = dict(parse_and_canonicalise(Event(raw))[1].fields)
    assert found["process"] == "cat /etc/shadow"
