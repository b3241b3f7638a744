"""Zeek's logs, TSV and JSON: which log an event is from, and its record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Optional

from loglm_bridge.telemetry.families.network import flow
from loglm_bridge.telemetry.record import Field, Record

#: Zeek log -> action.
ACTIONS: Mapping[str, str] = {
    "conn": "network_connect", "dns": "dns_query", "http": "http_request", "ssl": "tls_connect", "ssh": "ssh_connect",
    "rdp": "rdp_connect", "smb_files": "share_file_access", "smb_mapping": "share_access", "ftp": "ftp_command",
    "smtp": "mail_send", "kerberos": "kerberos_request", "ntlm": "ntlm_validate", "dce_rpc": "rpc_call",
    "files": "file_transfer", "dhcp": "dhcp_lease", "notice": "alert", "intel": "alert", "sip": "sip_request",
    "snmp": "snmp_request", "ldap": "ldap_request", "ldap_search": "ldap_search", "modbus": "modbus_request",
    "mysql": "database_query", "irc": "irc_command", "socks": "proxy_connect", "tunnel": "tunnel_connect",
}  # fmt: skip

#: Fields that only one log has: for JSON without `_path`, the first entry whose names are all present decides.
_DISTINCTIVE_FIELDS: Sequence[tuple[str, frozenset[str]]] = tuple(
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


#: Fields that are dropped: addresses of intermediate machines, and ids.
_DROPPED: Mapping[str, frozenset[str]] = {
    "smtp": frozenset({"path", "first_received", "second_received", "x_originating_ip", "in_reply_to", "helo", "date"}),
    "sip": frozenset({"request_path", "response_path", "call_id", "seq", "date"}),
}

#: The field that only connections have.
STATE = "conn_state"

#: Names of the fields whose values decide which log it is.
DECIDING_FIELDS = frozenset({"_path", "@stream"})

#: Every JSON record has one of these besides its time.
_ID_FIELDS = frozenset({"uid", "fuid", "uids", "host"})


def classify(fields: Mapping[str, str]) -> Optional[tuple[str, str]]:
    """Return ("zeek", log), or ("flow", protocol) for a connection; None where the event is not Zeek's.

    `fields` are lower-case name -> value.
    """
    log = (fields.get("_path") or fields.get("@stream") or "").lower()
    if not log and ("ts" not in fields or _ID_FIELDS.isdisjoint(fields)):
        return None
    if log and "ts" not in fields and "_write_ts" not in fields:
        return None
    names = fields.keys()
    log = log or next((name for name, required in _DISTINCTIVE_FIELDS if required <= names), "")
    if not log and "id.orig_h" not in fields:
        return None
    return _family_and_kind(log, tuple(fields.items()))


def record(format_name: str, log: str, fields: Sequence[Field]) -> Record:
    """Return the record of one log line, a flow where it is a connection."""
    family, kind = _family_and_kind(log, fields)
    if family == "flow":
        return Record(format_name, family, kind, flow.normalise(fields))
    action = ACTIONS.get(log)
    action_fields = (("action", action),) if action else ()
    return Record(format_name, family, kind, (*action_fields, *_used_fields(log, fields)))


def action_of(kind: str) -> str:
    """Return the action of a log, empty where it has none."""
    return ACTIONS.get(kind, "")


def _family_and_kind(log: str, fields: Sequence[Field]) -> tuple[str, str]:
    if any(name == STATE for name, _ in fields):
        return "flow", flow.kind_of(fields)
    return "zeek", log[:32]


def _used_fields(log: str, fields: Sequence[Field]) -> Sequence[Field]:
    """Return the fields that are not dropped; Zeek's own `action` (SMB::FILE_OPEN) becomes `operation`."""
    dropped = _DROPPED.get(log, frozenset())
    return [("operation" if name == "action" else name, value) for name, value in fields if name not in dropped]
