"""Linux audit events, however they were written down: arguments joined to a command, hexadecimal values decoded."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from loglm_bridge.telemetry.families.unix.syscalls import SYSCALLS
from loglm_bridge.telemetry.record import Field, Record
from loglm_bridge.telemetry.scanning.clean_text import clean_text

_HEX = re.compile(r"(?:[0-9A-F]{2}){2,8192}\Z")
_ARGUMENT = re.compile(r"a(\d{1,4})(?:\[\d{1,4}\])?\Z")
#: Values that the kernel writes in hexadecimal when they hold blanks or quotes.
_ENCODED = frozenset({"comm", "exe", "proctitle", "cwd", "name", "cmd", "data", "acct", "key", "path"})
#: Record types that say what an event is about, the most telling first; the rest only accompany them.
_TELLING = ("EXECVE", "USER_CMD", "USER_TTY", "TTY", "SOCKADDR", "SYSCALL")
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
_NOTHING = frozenset({"", "?", "(null)", "(none)", "none", "unset", "4294967295", "-1", '"?"'})
#: Fields that only say which process, session, inode or register it was.
_NUMBERS = frozenset(
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


def record(written: str, parts: Sequence[tuple[str, Sequence[Field]]]) -> Record:
    """Return the record of an event's parts, each a record type and its raw pairs."""
    types = [name for name, _ in parts]
    main = next((t for t in _TELLING if t in types), types[0] if types else "")
    fields: list[Field] = []
    syscall = ""
    for name, pairs in parts:
        values = dict(pairs)
        if name == "EXECVE":
            fields.append(("process", command(pairs)))
        elif name == "SYSCALL":
            syscall = SYSCALLS.get(values.get("syscall", ""), values.get("SYSCALL") or values.get("syscall", ""))
            fields += [("syscall", syscall), *_plain(values)]
        elif name == "PROCTITLE":
            title = decoded(values.get("proctitle", ""))
            fields.append(("process" if "EXECVE" not in types else "process_title", title))
        elif name == "PATH" and "EXECVE" in types:
            continue
        elif name == "SOCKADDR":
            fields += address(values.get("saddr", "") or values.get("SADDR", ""))
        else:
            fields += _plain(values)
    action = _ACTIONS.get(main) or (f"syscall_{syscall}" if main == "SYSCALL" and syscall else "")
    if main == "SYSCALL" and syscall in ("execve", "execveat"):
        action = "process_create"
    result = dict(fields).get("result", "")
    if action in ("logon", "logon_check", "sudo_command") and result in ("failed", "no", "0"):
        action = "logon_failed" if action != "sudo_command" else "sudo_failed"
    kept = ((("action", action),) if action else ()) + tuple(_unique(fields))
    return Record(written, "linux", f"audit:{main.lower()}"[:40], kept)


def command(pairs: Sequence[Field]) -> str:
    """Return the command line of an EXECVE record: a0, a1, ... decoded and joined, in their order."""
    arguments: dict[int, str] = {}
    for name, value in pairs:
        found = _ARGUMENT.match(name)
        if found:
            number = int(found.group(1))
            arguments[number] = arguments.get(number, "") + decoded(value)
    return " ".join(
        arguments[n] if arguments[n] and " " not in arguments[n] else f"'{arguments[n]}'" for n in sorted(arguments)
    )


def decoded(value: str) -> str:
    """Return a value that the kernel wrote in hexadecimal as text, zero bytes as blanks; others as they are."""
    if len(value) < 6 or not _HEX.match(value) or value.isdigit():
        return value
    text = bytes.fromhex(value).replace(b"\x00", b" ").decode("utf-8", "replace")
    printable = sum(c.isprintable() for c in text)
    return clean_text(text).strip() if printable * 10 >= len(text) * 8 else value


def address(saddr: str) -> list[Field]:
    """Return family, address and port of a socket address in hexadecimal (struct sockaddr_in, _in6, _un)."""
    if not _HEX.match(saddr) or len(saddr) < 8:
        return []
    raw = bytes.fromhex(saddr)
    kind = int.from_bytes(raw[:2], "little")
    if kind == 2 and len(raw) >= 8:
        return [("dest_ip", ".".join(str(b) for b in raw[4:8])), ("dest_port", str(int.from_bytes(raw[2:4], "big")))]
    if kind == 10 and len(raw) >= 24:
        groups = ":".join(raw[i : i + 2].hex() for i in range(8, 24, 2))
        return [("dest_ip", groups), ("dest_port", str(int.from_bytes(raw[2:4], "big")))]
    if kind == 1:
        path = raw[2:].split(b"\x00")[0].decode("utf-8", "replace")
        return [("file_path", path)] if path else []
    return [("socket_family", str(kind))]


def _plain(values: Mapping[str, str]) -> list[Field]:
    out: list[Field] = []
    for name, value in values.items():
        if name in _NUMBERS or value in _NOTHING or name == "syscall":
            continue
        text = decoded(value) if name in _ENCODED else value
        out.append((_NAMES.get(name, name), text))
    names = {n for n, _ in out}
    if values.get("uid") == "0" or values.get("UID") == "root":
        out.append(("src_user" if "user" in names else "user", "root"))
    if values.get("auid"):
        out.append(("login_session", "no" if values["auid"] in _NOTHING else "yes"))
    if values.get("exe", "").rpartition("/")[2] == values.get("comm"):
        out = [f for f in out if f[0] != "comm"]
    return out


def _unique(fields: Sequence[Field]) -> list[Field]:
    return list(dict.fromkeys(f for f in fields if f[1]))


_NAMES: Mapping[str, str] = {
    "exe": "process_path", "cwd": "current_directory", "name": "file_path", "cmd": "process",
    "res": "result", "success": "result", "acct": "user", "addr": "src_ip", "op": "operation", "nametype": "path_type",
    "unit": "service", "data": "process", "key": "rule",
}  # fmt: skip
