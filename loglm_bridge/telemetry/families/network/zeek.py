"""Zeek's logs, TSV and JSON: which log a record is, and its record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Optional

from loglm_bridge.telemetry.families.network import flow
from loglm_bridge.telemetry.record import Field, Record

#: Zeek log -> behaviour word.
ACTIONS: Mapping[str, str] = {
    "conn": "network_connect", "dns": "dns_query", "http": "http_request", "ssl": "tls_connect", "ssh": "ssh_connect",
    "rdp": "rdp_connect", "smb_files": "share_file_access", "smb_mapping": "share_access", "ftp": "ftp_command",
    "smtp": "mail_send", "kerberos": "kerberos_request", "ntlm": "ntlm_validate", "dce_rpc": "rpc_call",
    "files": "file_transfer", "dhcp": "dhcp_lease", "notice": "alert", "intel": "alert", "sip": "sip_request",
    "snmp": "snmp_request", "ldap": "ldap_request", "ldap_search": "ldap_search", "modbus": "modbus_request",
    "mysql": "database_query", "irc": "irc_command", "socks": "proxy_connect", "tunnel": "tunnel_connect",
}  # fmt: skip

#: Fields that only one log has; the first whose names are all there names a JSON record without `_path`.
_MARKS: Sequence[tuple[str, frozenset[str]]] = tuple(
    (log, frozenset(names.split()))
    for log, names in (
        ("conn", "conn_state id.orig_h"),
        ("dns", "qtype_name id.orig_h"),
        ("dns", "trans_id id.orig_h"),
        ("http", "trans_depth method id.orig_h"),
        ("http", "trans_depth resp_fuids id.orig_h"),
        ("http", "trans_depth status_code id.orig_h"),
        ("http", "trans_depth id.orig_h request_body_len"),
        ("ssl", "established resumed id.orig_h"),
        ("ssl", "cipher id.orig_h"),
        ("ssh", "auth_attempts id.orig_h"),
        ("ssh", "kex_alg id.orig_h"),
        ("rdp", "security_protocol id.orig_h"),
        ("rdp", "cookie id.orig_h"),
        ("smb_files", "path name times.modified id.orig_h"),
        ("smb_mapping", "share_type id.orig_h"),
        ("dce_rpc", "operation endpoint id.orig_h"),
        ("kerberos", "request_type id.orig_h"),
        ("ntlm", "domainname id.orig_h"),
        ("smtp", "helo id.orig_h"),
        ("ftp", "reply_code id.orig_h"),
        ("weird", "name notice peer"),
        ("notice", "note suppress_for"),
        ("notice", "note actions"),
        ("files", "fuid seen_bytes"),
        ("x509", "certificate.subject certificate.key_alg"),
        ("software", "software_type unparsed_version"),
        ("dpd", "failure_reason analyzer id.orig_h"),
        ("dhcp", "msg_types mac"),
        ("sip", "call_id id.orig_h"),
        ("snmp", "community id.orig_h"),
        ("ntp", "stratum id.orig_h"),
        ("modbus", "func id.orig_h"),
        ("tunnel", "tunnel_type id.orig_h"),
        ("known_services", "port_num port_proto"),
    )
)


#: Addresses of machines on a message's way, and ids: nothing a behaviour shows in.
_LEFT_OUT: Mapping[str, frozenset[str]] = {
    "smtp": frozenset({"path", "first_received", "second_received", "x_originating_ip", "in_reply_to", "helo", "date"}),
    "sip": frozenset({"request_path", "response_path", "call_id", "seq", "date"}),
}

#: The field that only connections have.
STATE = "conn_state"

#: Names of the fields whose values say which log it is.
DECIDING_FIELDS = frozenset({"_path", "@stream"})

#: One of these stands in every record beside its time.
_KEYS = frozenset({"uid", "fuid", "uids", "host"})


def classify(fields: Mapping[str, str]) -> Optional[tuple[str, str]]:
    """Return ("zeek", log), or a flow's family and kind for a connection; None where the record is not Zeek's."""
    log = (fields.get("_path") or fields.get("@stream") or "").lower()
    if not log and ("ts" not in fields or _KEYS.isdisjoint(fields)):
        return None
    if log and "ts" not in fields and "_write_ts" not in fields:
        return None
    names = fields.keys()
    log = log or next((name for name, marks in _MARKS if marks <= names), "")
    if not log and "id.orig_h" not in fields:
        return None
    return _family(log, tuple(fields.items()))


def record(written: str, log: str, fields: Sequence[Field]) -> Record:
    """Return the record of one log line, a flow for `conn`."""
    family, kind = _family(log, fields)
    if family == "flow":
        return Record(written, family, kind, flow.normalise(fields))
    action = ACTIONS.get(log)
    shown = (("action", action), *_renamed(log, fields)) if action else tuple(_renamed(log, fields))
    return Record(written, family, kind, shown)


def action_of(kind: str) -> str:
    """Return the behaviour word of a log, empty where it has none."""
    return ACTIONS.get(kind, "")


def _family(log: str, fields: Sequence[Field]) -> tuple[str, str]:
    if any(n == STATE for n, _ in fields):
        return "flow", flow.kind_of(fields)
    return "zeek", log[:32]


def _renamed(log: str, fields: Sequence[Field]) -> Sequence[Field]:
    """Call Zeek's own `action` (SMB::FILE_OPEN) operation, the behaviour word takes its place; leave routes out."""
    left_out = _LEFT_OUT.get(log, frozenset())
    return [("operation" if n == "action" else n, v) for n, v in fields if n not in left_out]
