"""A parsed record to its canonical form: names, values, accounts, host, order."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Callable, Mapping, Optional

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.canonical import (
    accounts,
    addresses,
    commands,
    identity,
    names,
    numbers,
    order,
    paths,
    registry,
    shapes,
    tokens,
    values,
)  # fmt: skip
from loglm_bridge.telemetry.families import endpoint, windows, zeek
from loglm_bridge.telemetry.record import Canonical, Record

#: Fields of one canonical event.
MAX_FIELDS = 64
#: Raw fields of one record that are looked at.
_MAX_RAW = 256

KINDS: Mapping[str, Callable[[str], str]] = {
    "account": accounts.account,
    "answers": values.answers,
    "bucket": numbers.bucket,
    "bytes": numbers.bytes_bucket,
    "call_trace": values.call_trace,
    "case_word": lambda value: tokens.escape(value.strip())[:60],
    "code": values.code,
    "command": commands.command,
    "dn": values.distinguished_name,
    "domain": addresses.domain,
    "duration": numbers.duration,
    "elevation": lambda value: values.word(value.removeprefix("TokenElevationType")),
    "guess": shapes.guess,
    "identifier": shapes.identifier,
    "initiated": values.initiated,
    "integrity": values.integrity,
    "ip": addresses.ip,
    "key": registry.key,
    "mask": values.mask,
    "message": values.message,
    "detections": values.detections,
    "path": paths.path,
    "pipe": values.pipe,
    "port": addresses.port,
    "principals": values.principals,
    "script": commands.script,
    "service_start": values.service_start,
    "service_type": values.service_type,
    "share": values.share,
    "share_path": paths.path,
    "sid": identity.sid,
    "sids": values.sids,
    "task": values.task,
    "text": shapes.free_text,
    "transport": values.transport,
    "url": addresses.url,
    "url_query": addresses.url,
    "user_agent": addresses.user_agent,
    "wmi": values.wmi,
    "word": values.word,
}

_ABSENT = frozenset({"", "-", "%%1793", "%%1794", "(NULL)"})
#: Names of which the first value counts.
_SINGLE = frozenset({"action", "user", "src_user"})
#: Values of unknown fields that say nothing but which one it was.
_PURE_IDENTITY = frozenset({tokens.GUID, tokens.HEX, tokens.TIME, tokens.RANDOM, tokens.SID, "{zero-guid}"})
_HOST_NAMES = frozenset({"computer", "hostname", "computername", "devicename", "winlog.computer_name", "host.name",
                         "host", "machinename", "agent.hostname", "host.hostname", "computer_name"})  # fmt: skip
_NOT_HOSTS = frozenset({"localhost", "windows", "system", "system32", "users", "program", "microsoft", "server", "admin",
                        "administrator", "local", "host", "root", "unknown", "none", "domain", "user", "exe", "com"})  # fmt: skip
#: Type of an audited object -> the field that its name is kept under.
_OBJECTS = {"key": "registry_path", "file": "file_path", "process": "target_process_path", "directory": "file_path"}


def canonicalise(record: Record, event: Optional[Event] = None) -> Canonical:
    """Return the record without identity: canonical names, canonical values, behaviour first, at most MAX_FIELDS.

    The host's own name (a field of the record, or `event.host`) becomes {host} wherever it occurs. Pure: the same
    record and host give the same result.
    """
    found: dict[str, str] = {}
    action = _action(record.family, record.kind)
    if action:
        found["action"] = action
    parts: dict[str, str] = {}
    said = frozenset(record.kind.split(":")) if record.format == "json" else frozenset()
    for name, value in record.fields[:_MAX_RAW]:
        if value in _ABSENT:
            continue
        rule = names.resolve(record.family, record.kind, name)
        if rule is None:
            _remember(parts, name, value)
            continue
        canonical = KINDS[rule[1]](value)
        if rule[1] != "guess" or not (canonical in _PURE_IDENTITY or canonical in said):
            _add(found, rule[0], canonical)
    if "action" not in found and record.format == "json" and record.family != "linux" and ":" in record.kind:
        found["action"] = record.kind.rpartition(":")[2]
    _add_accounts(found, parts, record.kind)
    _tidy(found, record.family)
    hosts = _hosts(record, event)
    fields = [(name, _without_hosts(value, hosts)) for name, value in found.items() if value]
    fields.sort(key=lambda field: order.rank(field[0]))
    return Canonical(record.family, record.kind, tuple(fields[:MAX_FIELDS]))


def _action(family: str, kind: str) -> str:
    if family == "windows":
        return windows.action_of(kind)
    if family in ("endpoint", "macos"):
        return endpoint.action_of(kind)
    return zeek.ACTIONS.get(kind, "") if family == "zeek" else ""


def _add(found: dict[str, str], name: str, value: str) -> None:
    """Keep a value; several of one name are joined, a repeat adds nothing."""
    if not value:
        return
    old = found.get(name)
    if old is None:
        found[name] = value
    elif name not in _SINGLE and value not in old and len(old) < shapes.MAX_TEXT:
        found[name] = f"{old} {value}"


def _remember(parts: dict[str, str], name: str, value: str) -> None:
    """Keep what the account rules and the host rule need of dropped fields."""
    parts.setdefault(name.lower(), value)


def _add_accounts(found: dict[str, str], parts: dict[str, str], kind: str) -> None:
    """Merge name and SID of Security events' subject and target to `src_user` and `user`."""
    subject = _pair(parts, "subjectusername", "subjectusersid")
    target = _pair(parts, "targetusername", "targetusersid") or _pair(parts, "targetusername", "targetsid")
    member = _pair(parts, "", "membersid")
    if member:
        _add(found, "member", member)
    if "group" in found:
        found["user"] = subject
    elif target and subject:
        found["user"], found["src_user"] = target, subject
    elif target or subject:
        found.setdefault("user", target or subject)
    elif kind.startswith("services:") or "user" not in found:
        sid = parts.get("securityuserid", "")
        if sid.startswith("S-"):
            found.setdefault("user", accounts.pair("", sid))


def _pair(parts: dict[str, str], name: str, sid: str) -> str:
    return accounts.pair(parts.get(name, ""), parts.get(sid, ""))


def _tidy(found: dict[str, str], family: str) -> None:
    """Take out what another field already says."""
    path = found.get("process_path", "")
    if path:
        found["process"] = _shortened(found.get("process", ""), path)
        _same_name(found, "process_name", path)
        _same_name(found, "original_file_name", path)
    parent = found.get("parent_process_path", "")
    if parent:
        found["parent_process"] = _shortened(found.get("parent_process", ""), parent)
        _same_name(found, "parent_process_name", parent)
    file_path = found.get("file_path", "")
    if file_path and "file_name" in found:
        _same_name(found, "file_name", file_path)
    if family in ("windows", "endpoint") and found.get("src_port") in ("{ephemeral}", "{high}", "0"):
        del found["src_port"]
    if "registry_value_name" in found and "registry_path" in found:
        found["registry_path"] += "\\" + found.pop("registry_value_name")
    if "object" in found and found.get("object_type") in _OBJECTS:
        _add(found, _OBJECTS[found["object_type"]], found.pop("object"))


def _shortened(process: str, path: str) -> str:
    """Return the command line with its own image's folder left out: the path field holds it."""
    if process.startswith(path):
        return paths.file_name(path) + process[len(path) :]
    stem = path.removesuffix(".exe")
    if process.startswith(stem):
        return paths.file_name(path) + process[len(stem) :]
    return process


def _same_name(found: dict[str, str], name: str, path: str) -> None:
    value = found.get(name)
    if value and paths.file_name(value).removesuffix(".exe") == paths.file_name(path).removesuffix(".exe"):
        del found[name]


def _hosts(record: Record, event: Optional[Event]) -> tuple[str, ...]:
    seen: dict[str, None] = {}
    for name, value in record.fields[:24]:
        if name.lower() in _HOST_NAMES:
            _collect_host(seen, value)
    if event is not None and event.host:
        _collect_host(seen, event.host)
    return tuple(seen)


def _collect_host(seen: dict[str, None], value: str) -> None:
    name = value.strip().lower()
    if len(name) <= 255 and not addresses.is_ip(name):
        for candidate in (name, name.partition(".")[0]):
            if len(candidate) >= 3 and candidate not in _NOT_HOSTS and not candidate.isdigit():
                seen[candidate] = None


def _without_hosts(value: str, hosts: tuple[str, ...]) -> str:
    for host in hosts:
        if host in value:
            value = _host_pattern(host).sub(tokens.HOST, value)
    return value


@lru_cache(maxsize=4_096)
def _host_pattern(host: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z0-9_{{-]){re.escape(host)}(?![a-z0-9_}}-])")
