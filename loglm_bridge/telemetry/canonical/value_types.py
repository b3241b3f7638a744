"""Value types: which function makes a value of a type canonical."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from loglm_bridge.telemetry.canonical import numbers, placeholders, untyped_values, values
from loglm_bridge.telemetry.canonical.host import accounts, commands, paths, registry
from loglm_bridge.telemetry.canonical.network import addresses


def case_word(value: str) -> str:
    """Return a short value whose upper and lower case differ in meaning (Zeek's connection history)."""
    return placeholders.escape(value.strip())[:60]


def elevation(value: str) -> str:
    """Return a token elevation as Security events spell it: `TokenElevationTypeLimited` -> `limited`."""
    return values.word(value.removeprefix("TokenElevationType"))


#: Every value type that the tables of field names use -> the function from a raw to a canonical value.
VALUE_TYPES: Mapping[str, Callable[[str], str]] = {
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
#: Value types of numbers: many raw values become few canonical ones.
NUMERIC_TYPES = frozenset({"bucket", "bytes", "duration", "port"})
