"""Sentences of Linux programs, netfilter's packets, lines of unknown programs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.telemetry.families.unix import linux
from loglm_bridge.telemetry.families.unix.linux_sentences import SENTENCES
from tests.telemetry.parsing import assert_linear, canonical, few_examples, subset

CAT = "/bin/cat /etc/shadow"
HEX = CAT.encode().hex().upper()


@pytest.mark.parametrize(
    ("text", "action"),
    [
        (f"Jan  3 10:00:02 h sudo:   al : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND={CAT}", "sudo_command"),
        (f"Jan  3 10:00:02 h CRON[9]: (root) CMD ({CAT})", "cron_command"),
        ('type=EXECVE msg=audit(1700000000.1:4): argc=2 a0="/bin/cat" a1="/etc/shadow"', "process_create"),
        (f"type=USER_CMD msg=audit(1700000000.1:4): pid=1 msg='cwd=\"/\" cmd={HEX} res=success'", "sudo_command"),
    ],
)  # fmt: skip
def test_commands_are_one_field_whatever_program_logs_them(text, action):
    actual = canonical(text)
    assert actual["process"] == CAT
    assert actual["action"] == action


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sshd[1]: Invalid user admin from 203.0.113.9 port 4411", {"action": "logon_invalid_user", "user": "admin"}),
        ("sshd[1]: Connection closed by authenticating user root 203.0.113.9 port 4411 [preauth]", {"user": "root"}),
        ("sshd[1]: Bad protocol version identification '\\003' from 203.0.113.9 port 4411", {"action": "scan"}),
        ("su: pam_unix(su:session): session opened for user root by al(uid=1000)", {"action": "logon", "user": "root"}),
        ("su[1]: FAILED SU (to root) ann on pts/0", {"action": "su_failed", "target_user": "root", "user": "{user}"}),
        ("sudo: ann : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh",
         {"action": "sudo_failed", "process": "/bin/sh"}),
        ("useradd[1]: new user: name=svc2, UID=0, GID=0, home=/root, shell=/bin/bash", {"action": "account_create"}),
        ("usermod[1]: add 'eve' to group 'sudo'", {"action": "group_add", "group": "sudo"}),
        ("passwd[1]: pam_unix(passwd:chauthtok): password changed for eve", {"action": "password_change"}),
        ("crontab[1]: (ann) REPLACE (ann)", {"action": "cron_replace"}),
        ("systemd-logind[1]: New session 4 of user eve.", {"action": "session_start"}),
        ("systemd[1]: Started Session 4 of user eve.", {"action": "service_start"}),
        ("systemd[1]: Failed to start nginx.service.", {"action": "service_failed"}),
        ("postfix/smtpd[1]: warning: x[203.0.113.9]: SASL LOGIN authentication failed: no", {"action": "logon_failed"}),
        ("named[1]: client @0x7f 10.0.0.5#51000 (a.example): query: a.example IN TXT + (10.0.0.2)",
         {"action": "dns_query", "query_type": "txt"}),
        ("dnsmasq[1]: query[A] www.acme.com from 10.0.0.5", {"action": "dns_query", "query": "www.{domain}.com"}),
        ("dhcpd[1]: DHCPACK on 10.0.0.5 to aa:bb:cc:dd:ee:ff (x) via eth0", {"action": "dhcp_lease"}),
        ("dovecot: imap-login: Aborted login (auth failed): user=<ann>, method=PLAIN, rip=203.0.113.9, lip=10.0.0.5",
         {"action": "logon_failed", "src_ip": "{public}"}),
    ],
)  # fmt: skip
def test_sentences_of_programs(text, expected):
    assert subset(canonical("Jan  3 10:00:02 h " + text), expected) == expected


@few_examples
@given(
    st.from_regex(r"[a-z]{3,8}", fullmatch=True),
    st.ip_addresses(v=4).map(str),
    st.integers(1, 65_535),
    st.sampled_from(["password", "publickey", "keyboard-interactive/pam"]),
)
def test_a_logon_of_known_values_gives_them_back(user, address, port, method):
    record = linux.known("syslog", "sshd", f"Accepted {method} for {user} from {address} port {port} ssh2")
    assert dict(record.fields) == {
        "action": "logon",
        "method": method,
        "user": user,
        "src_ip": address,
        "src_port": str(port),
        "app_version": "ssh2",
    }


PROGRAMS = {program for programs in SENTENCES for program in programs.split()}
#: Programs whose names have digits, which `linux.program` removes from tags.
UNREACHABLE = {"fail2ban", "fail2ban.actions", "polkit-agent-helper-1"}


@pytest.mark.parametrize(
    "program",
    [
        *sorted(PROGRAMS - UNREACHABLE),
        *(
            pytest.param(program, marks=pytest.mark.xfail(reason="digits are removed from the tag"))
            for program in sorted(UNREACHABLE)
        ),
    ],
)
def test_every_programs_first_sentence_is_its_own(program):
    lines = next(lines for programs, lines in SENTENCES.items() if program in programs.split())
    action, _, sentence = next(line.strip() for line in lines.splitlines() if line.strip()).partition(": ")
    record = linux.known("syslog", program, sentence.replace("{_}", "x").replace("{", "v_").replace("}", ""))
    assert record is not None
    assert dict(record.fields)["action"] == action


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("/usr/sbin/CRON", "cron"),
        ("sshd(pam_unix)", "sshd"),
        ("systemd-logind", "systemd-logind"),
        ("app2", "app"),
        ("", ""),
        ("123", ""),
    ],
)
def test_program_names(tag, name):
    assert linux.program(tag) == name


@pytest.mark.parametrize(
    ("prefix", "interface", "action", "direction"),
    [
        ("FW-DROP ", "IN=eth0 OUT=", "blocked", "inbound"),
        ("[UFW BLOCK] ", "IN=eth0 OUT=", "blocked", "inbound"),
        ("ACCEPT ", "IN= OUT=eth0", None, "outbound"),
    ],
)
def test_packets_of_netfilter_are_flows(prefix, interface, action, direction):
    addresses = "MAC=aa:bb SRC=203.0.113.9 DST=10.0.0.5"
    body = f"[12.5] {prefix}{interface} {addresses} LEN=60 TTL=64 PROTO=TCP SPT=51000 DPT=23 SYN"
    record = linux.known("syslog", "kernel", body)
    assert (record.family, record.kind) == ("flow", "tcp")
    assert dict(record.fields).get("action") == action
    assert {name: value for name, value in record.fields if name != "action"} == {
        "src_ip": "203.0.113.9",
        "src_port": "51000",
        "dest_ip": "10.0.0.5",
        "dest_port": "23",
        "protocol": "tcp",
        "direction": direction,
        "tcp_flags": "SYN",
        "fwd_bytes": "60",
    }


def test_lines_of_unknown_programs_are_sentences():
    record = linux.record("syslog", "myapp[12]", "[   12.345] WARN login failed for user bob from 203.0.113.9")
    assert (record.family, record.kind) == ("linux", "myapp")
    actual = dict(record.fields)
    assert (actual["action"], actual["user"], actual["severity"]) == ("logon_failed", "bob", "warn")
    assert linux.record("syslog", "myapp", "").fields == ()


def test_sentences_are_recognised_without_a_tag():
    assert linux.known_sentence("text", "Failed password for root from 203.0.113.9 port 1 ssh2").kind == "sshd"
    assert linux.known_sentence("text", "the quick brown fox") is None


@pytest.mark.parametrize("unit", ["from ", "for user ", "client @", "SRC=a ", "[", "pam_unix(", " ; "])
def test_parsing_takes_linear_time(unit):
    assert_linear(lambda text: linux.known("syslog", "sshd", text), unit, "Failed password for ")
    assert_linear(lambda text: linux.known("syslog", "named", text), unit, "client @")
    assert_linear(lambda text: linux.record("syslog", "x", text), unit)
