"""macOS Endpoint Security events as eslogger writes them: action, acting process, object.

Event types: https://developer.apple.com/documentation/endpointsecurity/es_event_type_t
"""

from __future__ import annotations

from collections.abc import Sequence

from loglm_bridge.telemetry.record import Field

#: Parts of names below which there are only identity and file-system numbers.
_NOISE_PARTS = frozenset(
    {"stat", "audit_token", "parent_audit_token", "responsible_audit_token", "tty", "fds", "thread", "image_cpusubtype"}
)
#: Last parts of names that are informative; others are flags, numbers or lengths.
_USED_LEAVES = frozenset(
    {
        "path", "args", "filename", "signing_id", "team_id", "is_platform_binary", "username", "success", "identifier",
        "malware_identifier", "detected_path", "authentication_type", "relative_target", "extattr", "item_type",
        "executable_path", "app_url", "source_address", "existing_session", "record_name", "record_type", "node_name",
        "destination_path", "result_type", "uid", "sig", "protection", "cmd", "set_or_clear", "script",
        "attribute_value",
    }
)  # fmt: skip
_PROCESS_NAMES = {"path": "process_path", "signing_id": "signing_id", "is_platform_binary": "platform_binary"}


def fields(raw: Sequence[Field]) -> list[Field]:
    """Return the informative fields of a flattened event under the names of the endpoint tables.

    The acting process becomes `process_path`, or the parent's path in an exec event. What it acts on becomes
    `process_path` (exec), `target_process_path` or `file_path`.
    """
    is_exec = any(name.startswith("event.exec.") for name, _ in raw)
    renamed: list[Field] = []
    for name, value in raw:
        parts = name.split(".")
        unused = parts[-1] not in _USED_LEAVES or (parts[-1] == "team_id" and value == "1")
        if unused or not _NOISE_PARTS.isdisjoint(parts):
            continue
        field_name = _event_name(parts, is_exec) if parts[0] == "event" else _actor_name(parts, is_exec)
        if field_name:
            renamed.append((field_name, value))
    return list(dict.fromkeys(renamed))


def _actor_name(parts: Sequence[str], is_exec: bool) -> str:
    """Return the name of a field of the acting process, empty for other fields."""
    if parts[0] != "process":
        return ""
    name = _PROCESS_NAMES.get(parts[-1], "")
    return f"parent_{name}" if is_exec and name else name


def _event_name(parts: Sequence[str], is_exec: bool) -> str:
    """Return the name of a field of the event itself, empty where it is not used."""
    leaf = parts[-1]
    if is_exec and parts[1] == "exec":
        return _exec_name(parts)
    if "executable" in parts:
        return "parent_process_path" if "instigator" in parts else "target_process_path"
    if leaf in ("path", "filename", "destination_path"):
        return "file_path"
    return {"signing_id": "target_signing_id", "is_platform_binary": ""}.get(leaf, f"{parts[1]}_{leaf}")


def _exec_name(parts: Sequence[str]) -> str:
    leaf = parts[-1]
    if leaf == "args":
        return "process"
    if "script" in parts:
        return "script_path"
    if "cwd" in parts:
        return "current_directory"
    return _PROCESS_NAMES.get(leaf, leaf) if "target" in parts else ""
