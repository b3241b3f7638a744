"""Kinds of values: which function makes a value of a kind canonical."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from loglm_bridge.telemetry.canonical import identity, numbers, tokens, untyped_values, values
from loglm_bridge.telemetry.canonical.host import accounts, commands, paths, registry
from loglm_bridge.telemetry.canonical.network import addresses


def case_word(value: str) -> str:
    """Return a short value whose letters' case has a meaning (Zeek's connection history)."""
    return tokens.escape(value.strip())[:60]


def elevation(value: str) -> str:
    """Return a token elevation as Security events spell it: `TokenElevationTypeLimited` -> `limited`."""
    return values.word(value.removeprefix("TokenElevationType"))


#: Every kind that the tables of names use.
KINDS: Mapping[str, Callable[[str], str]] = {
    "account": accounts.account,
    "answers": values.answers,
    "bucket": numbers.bucket,
    "bytes": numbers.bytes_bucket,
    "call_trace": values.call_trace,
    "case_word": case_word,
    "code": values.code,
    "command": commands.command,
    "dn": values.distinguished_name,
    "domain": addresses.domain,
    "duration": numbers.duration,
    "elevation": elevation,
    "guess": untyped_values.guess,
    "identifier": untyped_values.identifier,
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
    "text": untyped_values.free_text,
    "transport": values.transport,
    "url": addresses.url,
    "url_query": addresses.url,
    "user_agent": addresses.user_agent,
    "wmi": values.wmi,
    "word": values.word,
}
