"""macOS Endpoint Security events as eslogger writes them: what happened, who did it, to what.

Event types: https://developer.apple.com/documentation/endpointsecurity/es_event_type_t
"""

from __future__ import annotations

from collections.abc import Sequence

from loglm_bridge.telemetry.record import Field

#: Branches that hold identity and file-system numbers only.
_NOISE = frozenset(
    {"stat", "audit_token", "parent_audit_token", "responsible_audit_token", "tty", "fds", "thread", "image_cpusubtype"}
)
#: Last parts of names that say something; every other one is a flag, a number or a length.
_KEPT = frozenset(
    """path args filename signing_id team_id is_platform_binary username success identifier malware_identifier
    detected_path authentication_type relative_target extattr item_type executable_path app_url source_address
    existing_session record_name record_type node_name destination_path result_type uid sig protection cmd
    set_or_clear script attribute_value""".split()  # noqa: SIM905 (a table of words)
)
_ACTOR = {"path": "process_path", "signing_id": "signing_id", "is_platform_binary": "platform_binary"}


def fields(raw: Sequence[Field]) -> list[Field]:
    """Return the telling fields of a flattened event under names of the endpoint tables.

    The acting process becomes `process_path`, of an exec event the parent; what it acts on becomes `process_path`
    (exec), `target_process_path`, or `file_path`.
    """
    created = any(name.startswith("event.exec.") for name, _ in raw)
    out: list[Field] = []
    for name, value in raw:
        parts = name.split(".")
        if not _NOISE.isdisjoint(parts) or parts[-1] not in _KEPT or (parts[-1] == "team_id" and value == "1"):
            continue
        named = _event(parts, created) if parts[0] == "event" else _actor(parts, created)
        if named:
            out.append((named, value))
    return list(dict.fromkeys(out))


def _actor(parts: Sequence[str], created: bool) -> str:
    if parts[0] != "process":
        return ""
    name = _ACTOR.get(parts[-1], "")
    return f"parent_{name}" if created and name else name


def _event(parts: Sequence[str], created: bool) -> str:
    leaf = parts[-1]
    if created and parts[1] == "exec":
        if leaf == "args":
            return "process"
        if "script" in parts:
            return "script_path"
        if "cwd" in parts:
            return "current_directory"
        return _ACTOR.get(leaf, leaf) if "target" in parts else ""
    if "executable" in parts:
        return "parent_process_path" if "instigator" in parts else "target_process_path"
    if leaf in ("path", "filename", "destination_path"):
        return "file_path"
    return {"signing_id": "target_signing_id", "is_platform_binary": ""}.get(leaf, f"{parts[1]}_{leaf}")
