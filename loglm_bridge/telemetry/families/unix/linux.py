"""Linux and Unix hosts: the body of a syslog line, parsed by the program that wrote it."""

from __future__ import annotations

import re
from typing import Optional

from loglm_bridge.telemetry.families import sentence as sentences
from loglm_bridge.telemetry.families.network import flow, flow_values
from loglm_bridge.telemetry.families.unix.linux_sentences import SENTENCES
from loglm_bridge.telemetry.record import Field, Record
from loglm_bridge.telemetry.scanning import line_prefix
from loglm_bridge.telemetry.scanning.key_value_scanner import pairs
from loglm_bridge.telemetry.scanning.sentence_templates import parse_table

_TEMPLATES = parse_table(SENTENCES)
#: Programs whose tag identifies a syslog line that has no header.
PROGRAMS = frozenset(_TEMPLATES) | {"kernel", "filterlog", "auditd", "audispd", "rsyslogd", "sshguard", "dockerd"}
#: Programs whose sentences are recognised without a tag, in this order.
_WITHOUT_TAG = ("sshd", "su", "sudo", "cron", "useradd", "named", "vsftpd", "postfix", "dhcpd", "dovecot", "dnsmasq")
_UPTIME = re.compile(r"\[\s{0,8}\d{1,10}\.\d{1,9}\]\s?")
_NON_PROGRAM = re.compile(r"[^a-z._-]+")
_TCP_FLAGS = frozenset({"SYN", "ACK", "FIN", "RST", "PSH", "URG"})
#: Words of a rule's log prefix, in upper case, by which it blocks.
_BLOCKING_WORDS = ("DROP", "BLOCK", "DENY", "DENIED", "REJECT", "-D]", "-D-")


def program(tag: str) -> str:
    """Return the program's name of a syslog tag: "/usr/sbin/CRON" -> "cron", "sshd(pam_unix)" -> "sshd"."""
    name = tag[:120].rpartition("/")[2].partition("(")[0].lower()
    return _NON_PROGRAM.sub("", name).strip("._-")[:24]


def known(format_name: str, tag: str, body: str) -> Optional[Record]:
    """Return the record of a sentence that the tag's program is known to write, or of a packet; None for others."""
    if "PROTO=" in body and "SRC=" in body and "DST=" in body:
        return _packet(format_name, body)
    name = "postfix" if tag.startswith("postfix/") else program(tag)
    templates = _TEMPLATES.get(name)
    fields = templates.match(body) if templates is not None else None
    if fields is None and "pam_unix" in f"{tag[:60]} {body[:40]}":
        fields = _TEMPLATES["su"].match(body)
    return None if fields is None else Record(format_name, "linux", name, tuple(fields))


def known_sentence(format_name: str, body: str) -> Optional[Record]:
    """Return the record of a sentence that some program is known to write, from a line without a tag."""
    for name in _WITHOUT_TAG:
        fields = _TEMPLATES[name].match(body)
        if fields is not None:
            return Record(format_name, "linux", name, tuple(fields))
    return None


def record(format_name: str, tag: str, body: str) -> Record:
    """Return the record of a line whose sentence is unknown: its text becomes the message."""
    text = _UPTIME.sub("", body, count=1) if body.startswith("[") else body
    if not text:
        return Record(format_name, "linux", program(tag), ())
    message, level = line_prefix.strip_prefix(text)
    severity = (("severity", level),) if level else ()
    return Record(format_name, "linux", program(tag), (*sentences.fields(message), *severity))


def _packet(format_name: str, body: str) -> Record:
    """Parse a line of netfilter's LOG target: IN= OUT= SRC= DST= PROTO= SPT= DPT=."""
    pair_fields, words = pairs(body)
    values = dict(pair_fields)
    blocked = any(word in body[:160].upper() for word in _BLOCKING_WORDS)
    fields: list[Field] = [
        ("src_ip", values.get("SRC", "")),
        ("src_port", values.get("SPT", "")),
        ("dest_ip", values.get("DST", "")),
        ("dest_port", values.get("DPT", "")),
        ("protocol", flow_values.protocol(values.get("PROTO", ""))),
        ("action", "blocked" if blocked else ""),
        ("direction", "inbound" if values.get("IN") else "outbound"),
        ("tcp_flags", " ".join(word for word in words.split()[-6:] if word in _TCP_FLAGS)),
        ("fwd_bytes", values.get("LEN", "")),
    ]
    present = tuple(field for field in fields if field[1])
    return Record(format_name, "flow", flow.kind_of(present), present)
