"""What several fields say together: accounts from name and SID, command lines beside their image, joined keys."""

from __future__ import annotations

from collections.abc import Mapping

from loglm_bridge.telemetry.canonical import untyped_values
from loglm_bridge.telemetry.canonical.host import accounts, paths

#: Dropped fields (lower-case raw names) of Windows events from which accounts are determined.
ACCOUNT_FIELDS = frozenset(
    {
        "subjectusername", "subjectusersid", "targetusername", "targetusersid", "targetsid", "membersid",
        "securityuserid",
    }
)  # fmt: skip
#: Canonical names of which only the first value is taken.
_SINGLE_VALUED = frozenset({"action", "user", "src_user"})
#: Type of an audited object -> the canonical field that holds its name.
_OBJECT_FIELDS = {
    "key": "registry_path", "file": "file_path", "process": "target_process_path", "directory": "file_path",
}  # fmt: skip
_UNINFORMATIVE_PORTS = frozenset({"{ephemeral}", "{high}", "0"})


def add_value(values: dict[str, str], name: str, value: str) -> None:
    """Add a value; several of one name are joined up to a limit, a repeat adds nothing."""
    if not value:
        return
    present = values.get(name)
    if present is None:
        values[name] = value
    elif name not in _SINGLE_VALUED and value not in present and len(present) < untyped_values.MAX_TEXT:
        values[name] = f"{present} {value}"


def add_accounts(values: dict[str, str], account_values: Mapping[str, str]) -> None:
    """Merge names and SIDs of Windows events (ACCOUNT_FIELDS) to `user`, `src_user` and `member`.

    With two accounts the target is the user and the subject the source; the event's own Security UserID is used only
    where there is neither.
    """
    subject = _account_of(account_values, "subjectusername", "subjectusersid")
    target = _account_of(account_values, "targetusername", "targetusersid")
    target = target or _account_of(account_values, "targetusername", "targetsid")
    add_value(values, "member", _account_of(account_values, "", "membersid"))
    if "group" in values:
        values["user"] = subject
    elif target and subject:
        values["user"], values["src_user"] = target, subject
    elif target or subject:
        values.setdefault("user", target or subject)
    elif "user" not in values and account_values.get("securityuserid", "").startswith("S-"):
        values["user"] = accounts.pair("", account_values["securityuserid"])


def remove_redundancy(values: dict[str, str], family: str) -> None:
    """Remove what another field already says, and join what belongs together."""
    _shorten_beside_image(values, "process_path", "process", ("process_name", "original_file_name"))
    _shorten_beside_image(values, "parent_process_path", "parent_process", ("parent_process_name",))
    if values.get("file_path"):
        _drop_same_name(values, "file_name", values["file_path"])
    if family in ("windows", "endpoint") and values.get("src_port") in _UNINFORMATIVE_PORTS:
        del values["src_port"]
    if values.get("action") == "registry_key":
        deleted = values.pop("change", "").startswith("delete")
        values["action"] = "registry_delete" if deleted else "registry_create"
    if "registry_value_name" in values and "registry_path" in values:
        values["registry_path"] += "\\" + values.pop("registry_value_name")
    if "object" in values and values.get("object_type") in _OBJECT_FIELDS:
        add_value(values, _OBJECT_FIELDS[values["object_type"]], values.pop("object"))


def _account_of(account_values: Mapping[str, str], name: str, sid: str) -> str:
    return accounts.pair(account_values.get(name, ""), account_values.get(sid, ""))


def _shorten_beside_image(values: dict[str, str], image: str, command: str, names: tuple[str, ...]) -> None:
    path = values.get(image, "")
    if not path:
        return
    if command in values:
        values[command] = _without_image_folder(values[command], path)
    for name in names:
        _drop_same_name(values, name, path)


def _without_image_folder(command: str, path: str) -> str:
    """Return the command line without its own image's folder, which the path field already holds."""
    for image in (path, path.removesuffix(".exe")):
        if command.startswith(image) and command[len(image) : len(image) + 1] in ("", " "):
            return paths.file_name(path) + command[len(image) :]
    return command


def _drop_same_name(values: dict[str, str], name: str, path: str) -> None:
    value = values.get(name)
    if value and paths.file_name(value).removesuffix(".exe") == paths.file_name(path).removesuffix(".exe"):
        del values[name]
