"""Zeek's tab-separated logs: by their `#fields` header, by the sourcetype, or by number and form of their values.

Format: https://docs.zeek.org/en/master/log-formats.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.canonical.network.addresses import is_ip
from loglm_bridge.telemetry.families.network import zeek
from loglm_bridge.telemetry.families.network.zeek_columns import LAYOUTS, columns
from loglm_bridge.telemetry.record import Record

_MAX_COLUMNS = 96
_TIME = re.compile(r"\A\d{1,10}\.\d{1,6}\Z")
_UID = re.compile(r"\A(?:[CFe][A-Za-z0-9]{8,40}|[0-9a-f]{40}(?:[0-9a-f]{24})?)\Z")
_PROTOCOLS = frozenset({"tcp", "udp", "icmp", "unknown_transport"})
_STATES = frozenset({"S0", "S1", "SF", "REJ", "S2", "S3", "RSTO", "RSTR", "RSTOS0", "RSTRH", "SH", "SHR", "OTH"})
#: Logs to which sites and versions add columns.
_GROWING = frozenset({"conn", "dns", "ssl"})
_SOURCETYPE = re.compile(r"(?:zeek|bro)[:_.-]([a-z0-9_]{2,40})")
#: (log, column, pattern): a value by which a log is recognised among those with as many columns; the first match wins.
_DISTINCTIVE_VALUES = (
    ("conn", 11, re.compile(rf"\A(?:{'|'.join(sorted(_STATES))})\Z")),
    ("weird", 8, re.compile(r"\A[TF]\Z")),
    ("tunnel", 6, re.compile(r"\ATunnel::")),
    ("dns", 7, re.compile(r"\A\d+\Z")),
    ("notice", 10, re.compile(r"\A[A-Za-z0-9_]+::\w+\Z")),
    ("ssl", 6, re.compile(r"\A(?:(?:TLS|SSL|DTLS)v|-\Z)")),
    ("sip", 8, re.compile(r"\A(?:sips?:|tel:)")),
    ("http", 7, re.compile(r"\A(?:[A-Z_]{3,16}\Z|-\Z)")),
    ("smb_mapping", 6, re.compile(r"\A(?:\\|-\Z)")),
    ("smb_files", 7, re.compile(r"\A(?:SMB::|-\Z)")),
    ("ftp", 10, re.compile(r"\A(?:[A-Z]{3,4}\Z|-\Z)")),
    ("kerberos", 6, re.compile(r"\A(?:AS|TGS|-)\Z")),
    ("ssh", 6, re.compile(r"\A[12-]\Z")),
    ("ntp", 7, re.compile(r"\A\d\Z")),
    ("ntlm", 12, re.compile(r"\A[TF-]\Z")),
    ("dce_rpc", 6, re.compile(r"\A(?:[\d.]+\Z|-\Z)")),
    ("dpd", 6, re.compile(r"\A(?:tcp|udp)\Z")),
)


def parse(text: str, event: Event) -> Record | None:
    """Parse one line of a Zeek log, or the first data line under a `#fields` header; None where it is neither."""
    if "\t" not in text and not (event.sourcetype and "zeek" in event.sourcetype and "#" in text[:2]):
        return None
    log, names, line = _headers(text)
    values = line.split("\t", _MAX_COLUMNS)[:_MAX_COLUMNS]
    if not names:
        log = log or _log_of_sourcetype(event.sourcetype)
        if not _is_zeek(values, log):
            return None
        log = log or _log_of_values(values)
        names = columns(log, len(values))
    fields = [
        (names[i] if i < len(names) else f"column_{i + 1}", v)
        for i, v in enumerate(values)
        if v not in ("-", "(empty)", "")
    ]
    return zeek.record("zeek_tsv", log, fields)


def _headers(text: str) -> tuple[str, tuple[str, ...], str]:
    """Return log, column names and first data line of a text with or without Zeek's header lines."""
    if not text.startswith("#"):
        return "", (), text.partition("\n")[0].rstrip("\r")
    log, line = "", ""
    names: tuple[str, ...] = ()
    for line in text.split("\n", 64)[:64]:
        if line.startswith("#path"):
            log = line[5:].strip().lower()[:40]
        elif line.startswith("#fields"):
            names = tuple(line[7:].strip("\t\r ").split("\t", _MAX_COLUMNS))
        elif line and not line.startswith("#"):
            return log, names, line.rstrip("\r")
    return log, (), line


def _log_of_sourcetype(sourcetype: str) -> str:
    match = _SOURCETYPE.search(sourcetype[:80].lower())
    return match.group(1) if match else ""


def _is_zeek(values: Sequence[str], log: str) -> bool:
    if len(values) < 2:
        return False
    if _TIME.match(values[0]) and (log or any(_UID.match(v) for v in values[1:6])):
        return True
    if len(values) >= 7 and values[0][-7:-6] == "." and _TIME.match(values[0]):
        return True
    return bool(log) and (len(values) >= 3 or log in LAYOUTS)


def _log_of_values(values: Sequence[str]) -> str:
    """Return the log of a line, told by the number of its values and by distinctive ones; empty if unknown."""
    count = len(values)
    has_endpoints = count >= 8 and all(is_ip(v) or v == "-" for v in (values[2], values[4]))
    for log, column, pattern in _DISTINCTIVE_VALUES if has_endpoints else ():
        if _can_have_columns(log, count) and pattern.match(values[column]) and _has_protocol_of(log, values):
            return log
    return _log_without_endpoints(values)


def _can_have_columns(log: str, count: int) -> bool:
    return count in LAYOUTS[log] or (log in _GROWING and count > min(LAYOUTS[log]))


def _log_without_endpoints(values: Sequence[str]) -> str:
    """Return which of the logs without two endpoints in the usual columns a line belongs to, empty if unknown."""
    count = len(values)
    if count >= 21 and _UID.match(values[1]) and values[1][0] == "F":
        return "files"
    if count == 17 and values[1][:1] == "F":
        return "pe"
    if count == 15 and len(values[4]) == 17 and values[4].count(":") == 5:
        return "dhcp"
    return "x509" if count >= 22 and values[2] in ("1", "2", "3") else ""


def _has_protocol_of(log: str, values: Sequence[str]) -> bool:
    """Return whether the seventh value is a transport protocol exactly if the log has one there."""
    if log == "smb_files":
        return any(value.startswith("SMB::") for value in values[6:12])
    has_protocol = values[6] in _PROTOCOLS
    return has_protocol if log in ("conn", "dns", "dpd") else not has_protocol
