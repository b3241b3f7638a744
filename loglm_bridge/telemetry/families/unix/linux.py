"""Linux and Unix hosts: the body of a syslog line by the program that wrote it, and whose JSON is the host's."""

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
#: Programs whose tag is known without a header before it.
PROGRAMS = frozenset(_TEMPLATES) | {"kernel", "filterlog", "auditd", "audispd", "rsyslogd", "sshguard", "dockerd"}
#: Programs whose sentences are recognised without their name, in this order.
_ANONYMOUS = ("sshd", "su", "sudo", "cron", "useradd", "named", "vsftpd", "postfix", "dhcpd", "dovecot", "dnsmasq")
_UPTIME = re.compile(r"\[\s{0,8}\d{1,10}\.\d{1,9}\]\s?")
_PROGRAM = re.compile(r"[^a-z._-]+")


def program(tag: str) -> str:
    """Return the program's name of a syslog tag: "/usr/sbin/CRON" -> "cron", "sshd(pam_unix)" -> "sshd"."""
    name = tag[:120].rpartition("/")[2].partition("(")[0].lower()
    return _PROGRAM.sub("", name).strip("._-")[:24]


def known(written: str, tag: str, body: str) -> Optional[Record]:
    """Return the record of a sentence that the program is known to write, or of a packet; None for others."""
    if "PROTO=" in body and "SRC=" in body and "DST=" in body:
        return _packet(written, body)
    name = "postfix" if tag.startswith("postfix/") else program(tag)
    templates = _TEMPLATES.get(name)
    found = templates.match(body) if templates is not None else None
    if found is None and "pam_unix" in f"{tag[:60]} {body[:40]}":
        found = _TEMPLATES["su"].match(body)
    return None if found is None else Record(written, "linux", name, tuple(found))


def known_sentence(written: str, body: str) -> Optional[Record]:
    """Return the record of a sentence that some program is known to write, told without the program's name."""
    for name in _ANONYMOUS:
        found = _TEMPLATES[name].match(body)
        if found is not None:
            return Record(written, "linux", name, tuple(found))
    return None


def record(written: str, tag: str, body: str) -> Record:
    """Return the record of a host's log line whose sentence is not known: the text is its message."""
    text = _UPTIME.sub("", body, count=1) if body.startswith("[") else body
    if not text:
        return Record(written, "linux", program(tag), ())
    said, level = line_prefix.strip_prefix(text)
    severity = (("severity", level),) if level else ()
    return Record(written, "linux", program(tag), (*sentences.fields(said), *severity))


def _packet(written: str, body: str) -> Record:
    """Read netfilter's LOG target: IN= OUT= SRC= DST= PROTO= SPT= DPT=."""
    fields, words = pairs(body)
    values = dict(fields)
    blocked = any(word in body[:160].upper() for word in ("DROP", "BLOCK", "DENY", "DENIED", "REJECT", "-D]", "-D-"))
    shown: list[Field] = [
        ("src_ip", values.get("SRC", "")),
        ("src_port", values.get("SPT", "")),
        ("dest_ip", values.get("DST", "")),
        ("dest_port", values.get("DPT", "")),
        ("protocol", flow_values.protocol(values.get("PROTO", ""))),
        ("action", "blocked" if blocked else ""),
        ("direction", "inbound" if values.get("IN") else "outbound"),
        ("tcp_flags", " ".join(w for w in words.split()[-6:] if w in _FLAGS)),
        ("fwd_bytes", values.get("LEN", "")),
    ]
    kept = tuple(f for f in shown if f[1])
    return Record(written, "flow", flow.kind_of(kept), kept)


_FLAGS = frozenset({"SYN", "ACK", "FIN", "RST", "PSH", "URG"})
