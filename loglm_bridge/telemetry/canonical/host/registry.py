"""Registry keys to one spelling: hive names, control sets and users' hives unified."""

from __future__ import annotations

import re

from loglm_bridge.telemetry.byte_cache import remembered
from loglm_bridge.telemetry.canonical import identity, placeholders
from loglm_bridge.telemetry.canonical.host import paths

_MAX_KEY = 1_000

_HIVES = (
    ("\\registry\\machine\\", "hklm\\"),
    ("\\registry\\user\\", "hku\\"),
    ("hkey_local_machine", "hklm"),
    ("machine\\", "hklm\\"),
    ("hkey_current_user", "hkcu"),
    ("hkey_users", "hku"),
    ("hkey_classes_root", "hkcr"),
    ("hkey_current_config", "hkcc"),
    ("hklm:", "hklm"),
    ("hkcu:", "hkcu"),
    ("registry::", ""),
)
_USER_HIVE = re.compile(r"hku\\(s-1-[\d-]{1,180})(_classes)?(?=\\|\Z)")
_CONTROL_SET = re.compile(r"(?<=\\)controlset00\d(?=\\|\Z)")
_SYSTEM_HIVES = {"s-1-5-18": "hku\\system", "s-1-5-19": "hku\\local service", "s-1-5-20": "hku\\network service"}


def key(value: str) -> str:
    """Return a registry key or value name in canonical spelling.

    `\\REGISTRY\\USER\\S-1-5-21-..\\Software\\X` and `HKU\\S-1-5-21-..\\Software\\X` -> `hkcu\\software\\x`: a loaded
    user hive is that user's HKCU. ControlSet001 -> currentcontrolset. GUIDs, SIDs, long hex and numbers are masked.
    _MAX_KEY characters are read.
    """
    return _key(value[:_MAX_KEY])


@remembered(4)
def _key(value: str) -> str:
    text = (
        placeholders.escape(value.strip().strip('"')).lower().replace("/", "\\")
        if ":\\" not in value
        else value.lower()
    )
    for prefix, short in _HIVES:
        if text.startswith(prefix):
            text = short + text[len(prefix) :]
    text = _USER_HIVE.sub(_hive, text)
    text = _CONTROL_SET.sub("currentcontrolset", text)
    return identity.mask_segment(paths.unify_paths(text))


def _hive(match: re.Match[str]) -> str:
    system = _SYSTEM_HIVES.get(match[1])
    if system:
        return system
    return "hkcu\\software\\classes" if match[2] else "hkcu"
