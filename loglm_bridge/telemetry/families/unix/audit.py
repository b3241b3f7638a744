"""Linux audit events of any format: arguments joined to a command, hexadecimal values decoded."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from loglm_bridge.telemetry.families.unix.syscalls import SYSCALLS
from loglm_bridge.telemetry.record import Field, Record
from loglm_bridge.telemetry.scanning.clean_text import clean_text

_HEX = re.compile(r"\A(?:[0-9A-F]{2}){2,8192}+\Z")
_ARGUMENT = re.compile(r"a(\d{1,4})(?:\[\d{1,4}\])?\Z")
#: Fields that the kernel writes in hexadecimal if they contain blanks or quotes.
_ENCODED_FIELDS = frozenset({"comm", "exe", "proctitle", "cwd", "name", "cmd", "data", "acct", "key", "path"})
#: Record types that decide what an event is, the most informative first; other types only accompany them.
_MAIN_TYPES = ("EXECVE", "USER_CMD", "USER_TTY", "TTY", "SOCKADDR", "SYSCALL")
#: Record type -> action.
_ACTIONS: Mapping[str, str] = {
    "EXECVE": "process_create", "USER_CMD": "sudo_command", "USER_AUTH": "logon_check", "USER_LOGIN": "logon",
    "USER_START": "session_start", "USER_END": "session_end", "USER_ACCT": "account_check",
    "CRED_ACQ": "credential_set", "CRED_DISP": "credential_drop", "CRED_REFR": "credential_set",
    "LOGIN": "login_id_set", "ADD_USER": "account_create", "DEL_USER": "account_delete",
    "ADD_GROUP": "group_create", "DEL_GROUP": "group_delete", "USER_MGMT": "account_change",
    "GRP_MGMT": "group_change", "USER_CHAUTHTOK": "password_change", "CONFIG_CHANGE": "audit_change",
    "DAEMON_END": "log_stop", "DAEMON_START": "log_start", "DAEMON_ABORT": "log_stop",
    "SERVICE_START": "service_start", "SERVICE_STOP": "service_stop", "ANOM_PROMISCUOUS": "promiscuous_mode",
    "ANOM_ABEND": "process_crash", "KERN_MODULE": "module_load", "AVC": "access_denied",
    "USER_AVC": "access_denied", "MAC_STATUS": "policy_change", "NETFILTER_CFG": "firewall_change",
    "TTY": "keystrokes", "USER_TTY": "keystrokes", "SECCOMP": "syscall_denied", "SYSTEM_BOOT": "system_start",
    "SYSTEM_SHUTDOWN": "system_stop", "SYSTEM_RUNLEVEL": "runlevel_change", "PROCTITLE": "process_title",
}  # fmt: skip
_BLANK_VALUES = frozenset({"", "?", "(null)", "(none)", "none", "unset", "4294967295", "-1", '"?"'})
#: Fields that identify a process, session, inode or register, and nothing else.
_IDENTIFYING_FIELDS = frozenset(
    {
        "uid",
        "pid", "ppid", "ses", "old-ses", "items", "item", "inode", "dev", "argc", "a0", "a1", "a2", "a3", "auid",
        "gid", "euid", "suid", "fsuid", "egid", "sgid", "fsgid", "ogid", "ouid", "tty", "terminal", "hostname",
        "node", "cap_fp", "cap_fi", "cap_fe", "cap_fver", "cap_frootid", "rdev", "old-auid", "arch", "subj", "obj",
        "kernel", "spid", "fp", "rport", "lport", "laddr", "mode", "pfs", "ksize", "size", "entries", "per", "exit",
        "argv", "ARGV", "AUID", "UID", "GID", "EUID", "SUID", "FSUID", "EGID", "SGID", "FSGID", "OUID", "OGID", "ARCH",
        "SYSCALL", "SADDR", "ID", "old_ses", "old_auid", "opid", "oauid", "oses", "ocomm", "osuid", "prog-id",
        "ver", "format", "old", "list", "cgroup",
    }
)  # fmt: skip


#: Field of an audit record -> field of the event's record.
_FIELD_NAMES: Mapping[str, str] = {
    "exe": "process_path", "cwd": "current_directory", "name": "file_path", "cmd": "process",
    "res": "result", "success": "result", "acct": "user", "addr": "src_ip", "op": "operation", "nametype": "path_type",
    "unit": "service", "data": "process", "key": "rule",
}  # fmt: skip
_FAILED = frozenset({"failed", "no", "0"})
#: Address families of <sys/socket.h>.
_AF_UNIX, _AF_INET, _AF_INET6 = 1, 2, 10


def record(format_name: str, parts: Sequence[tuple[str, Sequence[Field]]]) -> Record:
    """Return the record of an event's audit records, each a record type and its raw pairs."""
    types = [record_type for record_type, _ in parts]
    main = next((record_type for record_type in _MAIN_TYPES if record_type in types), types[0] if types else "")
    fields = [field for record_type, pairs in parts for field in _part_fields(record_type, pairs, types)]
    syscall = next((_syscall(dict(pairs)) for record_type, pairs in reversed(parts) if record_type == "SYSCALL"), "")
    action = _action(main, syscall, dict(fields).get("result", ""))
    action_fields = (("action", action),) if action else ()
    unique_fields = dict.fromkeys(field for field in fields if field[1])
    return Record(format_name, "linux", f"audit:{main.lower()}"[:40], (*action_fields, *unique_fields))


def _part_fields(record_type: str, pairs: Sequence[Field], types: Sequence[str]) -> list[Field]:
    """Return the fields of one audit record; `types` are those of all records of the event."""
    values = dict(pairs)
    if record_type == "EXECVE":
        return [("process", command(pairs))]
    if record_type == "SYSCALL":
        return [("syscall", _syscall(values)), *_named_fields(values)]
    if record_type == "PROCTITLE":
        return [("process" if "EXECVE" not in types else "process_title", decoded(values.get("proctitle", "")))]
    if record_type == "PATH" and "EXECVE" in types:
        return []
    if record_type == "SOCKADDR":
        return address(values.get("saddr", "") or values.get("SADDR", ""))
    return _named_fields(values)


def _syscall(values: Mapping[str, str]) -> str:
    """Return the system call's name, its number if that is unknown."""
    return SYSCALLS.get(values.get("syscall", ""), values.get("SYSCALL") or values.get("syscall", ""))


def _action(main: str, syscall: str, result: str) -> str:
    """Return the action of an event with this main record type."""
    if main == "SYSCALL" and syscall in ("execve", "execveat"):
        return "process_create"
    action = _ACTIONS.get(main) or (f"syscall_{syscall}" if main == "SYSCALL" and syscall else "")
    if result in _FAILED and action in ("logon", "logon_check"):
        return "logon_failed"
    return "sudo_failed" if result in _FAILED and action == "sudo_command" else action


def command(pairs: Sequence[Field]) -> str:
    """Return the command line of an EXECVE record: a0, a1, ... decoded and joined, in their order."""
    arguments: dict[int, str] = {}
    for name, value in pairs:
        match = _ARGUMENT.match(name)
        if match:
            number = int(match.group(1))
            arguments[number] = arguments.get(number, "") + decoded(value)
    return " ".join(
        arguments[n] if arguments[n] and " " not in arguments[n] else f"'{arguments[n]}'" for n in sorted(arguments)
    )


def decoded(value: str) -> str:
    """Return a value that the kernel wrote in hexadecimal as text, zero bytes as blanks; others unchanged."""
    if len(value) < 6 or not _HEX.match(value) or value.isdigit():
        return value
    text = bytes.fromhex(value).replace(b"\x00", b" ").decode("utf-8", "replace")
    printable = sum(c.isprintable() for c in text)
    return clean_text(text).strip() if printable * 10 >= len(text) * 8 else value


def address(saddr: str) -> list[Field]:
    """Return address and port, path or family of a hexadecimal socket address (struct sockaddr_in, _in6, _un)."""
    if not _HEX.match(saddr) or len(saddr) < 8:
        return []
    raw = bytes.fromhex(saddr)
    family = int.from_bytes(raw[:2], "little")
    if family == _AF_INET and len(raw) >= 8:
        return [("dest_ip", ".".join(str(b) for b in raw[4:8])), ("dest_port", str(int.from_bytes(raw[2:4], "big")))]
    if family == _AF_INET6 and len(raw) >= 24:
        groups = ":".join(raw[i : i + 2].hex() for i in range(8, 24, 2))
        return [("dest_ip", groups), ("dest_port", str(int.from_bytes(raw[2:4], "big")))]
    if family == _AF_UNIX:
        path = raw[2:].split(b"\x00")[0].decode("utf-8", "replace")
        return [("file_path", path)] if path else []
    return [("socket_family", str(family))]


def _named_fields(values: Mapping[str, str]) -> list[Field]:
    """Return the informative fields of an audit record, renamed and decoded."""
    fields = [
        (_FIELD_NAMES.get(name, name), decoded(value) if name in _ENCODED_FIELDS else value)
        for name, value in values.items()
        if name not in _IDENTIFYING_FIELDS and value not in _BLANK_VALUES and name != "syscall"
    ]
    if values.get("uid") == "0" or values.get("UID") == "root":
        fields.append(("src_user" if any(name == "user" for name, _ in fields) else "user", "root"))
    if values.get("auid"):
        fields.append(("login_session", "no" if values["auid"] in _BLANK_VALUES else "yes"))
    if values.get("exe", "").rpartition("/")[2] == values.get("comm"):
        fields = [field for field in fields if field[0] != "comm"]
    return fields
