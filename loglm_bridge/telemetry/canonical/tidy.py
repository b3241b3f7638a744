"""What several fields say together: accounts from name and SID, command lines beside their image, joined keys."""

from __future__ import annotations

from collections.abc import Mapping

from loglm_bridge.telemetry.canonical import untyped_values
from loglm_bridge.telemetry.canonical.host import accounts, paths

#: Dropped fields (lower-case raw names) of Windows events that accounts are told by.
ACCOUNT_PARTS = frozenset(
    {
        "subjectusername", "subjectusersid", "targetusername", "targetusersid", "targetsid", "membersid",
        "securityuserid",
    }
)  # fmt: skip
#: Names of which the first value counts.
_SINGLE = frozenset({"action", "user", "src_user"})
#: Type of an audited object -> the field that its name is kept under.
_OBJECTS = {"key": "registry_path", "file": "file_path", "process": "target_process_path", "directory": "file_path"}
_EPHEMERAL = frozenset({"{ephemeral}", "{high}", "0"})


def add(found: dict[str, str], name: str, value: str) -> None:
    """Keep a value; several of one name are joined up to a bound, a repeat adds nothing."""
    if not value:
        return
    old = found.get(name)
    if old is None:
        found[name] = value
    elif name not in _SINGLE and value not in old and len(old) < untyped_values.MAX_TEXT:
        found[name] = f"{old} {value}"


def add_accounts(found: dict[str, str], parts: Mapping[str, str]) -> None:
    """Merge names and SIDs of Windows events (ACCOUNT_PARTS) to `user`, `src_user` and `member`.

    With two accounts the target is the user and the subject the source; the event's own Security UserID is the last
    resort.
    """
    subject = _pair(parts, "subjectusername", "subjectusersid")
    target = _pair(parts, "targetusername", "targetusersid") or _pair(parts, "targetusername", "targetsid")
    add(found, "member", _pair(parts, "", "membersid"))
    if "group" in found:
        found["user"] = subject
    elif target and subject:
        found["user"], found["src_user"] = target, subject
    elif target or subject:
        found.setdefault("user", target or subject)
    elif "user" not in found and parts.get("securityuserid", "").startswith("S-"):
        found["user"] = accounts.pair("", parts["securityuserid"])


def tidy(found: dict[str, str], family: str) -> None:
    """Take out what another field already says, and join what belongs together."""
    _beside_image(found, "process_path", "process", ("process_name", "original_file_name"))
    _beside_image(found, "parent_process_path", "parent_process", ("parent_process_name",))
    if found.get("file_path"):
        _drop_same_name(found, "file_name", found["file_path"])
    if family in ("windows", "endpoint") and found.get("src_port") in _EPHEMERAL:
        del found["src_port"]
    if found.get("action") == "registry_key":
        found["action"] = "registry_delete" if found.pop("change", "").startswith("delete") else "registry_create"
    if "registry_value_name" in found and "registry_path" in found:
        found["registry_path"] += "\\" + found.pop("registry_value_name")
    if "object" in found and found.get("object_type") in _OBJECTS:
        add(found, _OBJECTS[found["object_type"]], found.pop("object"))


def _pair(parts: Mapping[str, str], name: str, sid: str) -> str:
    return accounts.pair(parts.get(name, ""), parts.get(sid, ""))


def _beside_image(found: dict[str, str], image: str, command: str, names: tuple[str, ...]) -> None:
    path = found.get(image, "")
    if not path:
        return
    if command in found:
        found[command] = _shortened(found[command], path)
    for name in names:
        _drop_same_name(found, name, path)


def _shortened(command: str, path: str) -> str:
    """Return the command line with its own image's folder left out: the path field holds it."""
    for image in (path, path.removesuffix(".exe")):
        if command.startswith(image) and command[len(image) : len(image) + 1] in ("", " "):
            return paths.file_name(path) + command[len(image) :]
    return command


def _drop_same_name(found: dict[str, str], name: str, path: str) -> None:
    value = found.get(name)
    if value and paths.file_name(value).removesuffix(".exe") == paths.file_name(path).removesuffix(".exe"):
        del found[name]
