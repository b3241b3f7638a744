"""File paths to one spelling, without the drive, the profile's name and random parts."""

from __future__ import annotations

import re

from loglm_bridge.telemetry.byte_cache import remembered
from loglm_bridge.telemetry.canonical import identity, placeholders

#: Characters of a path that are read; Windows allows 32,767, behaviour is in the first few hundred.
MAX_PATH = 1_000

# Environment variables of cmd (%X%) and PowerShell ($env:X) -> their folders.
_VARIABLES = {
    "systemroot": "\\windows", "windir": "\\windows", "programfiles": "\\program files",
    "programfiles(x86)": "\\program files (x86)", "programw6432": "\\program files",
    "commonprogramfiles": "\\program files\\common files", "programdata": "\\programdata",
    "allusersprofile": "\\programdata", "userprofile": "\\users\\{user}", "homepath": "\\users\\{user}",
    "appdata": "\\users\\{user}\\appdata\\roaming", "localappdata": "\\users\\{user}\\appdata\\local",
    "temp": "\\users\\{user}\\appdata\\local\\temp", "tmp": "\\users\\{user}\\appdata\\local\\temp",
    "public": "\\users\\public", "comspec": "\\windows\\system32\\cmd.exe", "systemdrive": "", "homedrive": "",
}  # fmt: skip
_VARIABLE_NAMES = "|".join(re.escape(name) for name in sorted(_VARIABLES, key=len, reverse=True))
_VARIABLE = re.compile(rf"%({_VARIABLE_NAMES})%|\$\{{?env:({_VARIABLE_NAMES})\b\}}?")
# \\?\C:\x, \\?\UNC\host\x, \\?\GLOBALROOT\Device\x, \\.\PhysicalDrive0, \??\C:\x, file:///C:/x
_PREFIX = re.compile(
    r"\\\\[?.]\\(?:globalroot(?=\\)|(unc)(?=\\)|(?=[a-z]:[\\/])|(?=volume\{))|(\\\\)[?.](?=\\)|\\?\\\?\?\\|\\global\?\?(?=\\)"
    r"|file:///?(?=[a-z]:)"
)
_DEVICE = re.compile(r"\\device\\(?:harddiskvolume\d{1,4}|harddisk\d{1,4}\\d[pr]\d{1,4}|bootpartition)(?=\\|\Z)")
_VOLUME = re.compile(r"\\?volume\{[0-9a-f-]{36}\}")
_MUP = re.compile(r"\\device\\(?:mup|lanmanredirector)(?:\\;[^\\\s]{1,80})?(?=\\)")
_SYSTEMROOT = re.compile(r"(?<![\w\\])\\?\\systemroot(?=\\)")
_DRIVE = re.compile(r"(?<![a-z0-9_:.%])[a-z]:(?=[\\/])")
_FORWARD = re.compile(r"(?<![a-z0-9_:.%])[a-z]:/[^\s\"'|<>,;]{0,400}")
_PROFILE = re.compile(
    r"((?:^|[\\/\s\"'=,;(:])(?:[\\/]users|[\\/]documents and settings|[\\/]home))([\\/])"
    r"([^\\/\"'|<>:;,*?]{1,64})(?=[\\/\"'\s,;)]|\Z)"
)
_KNOWN_PROFILES = frozenset({"public", "default", "default user", "all users", "administrator", "shared", "guest",
                             "defaultapppool", "systemprofile", placeholders.USER})  # fmt: skip
_UNC = re.compile(r"(?<![\\\w:])\\\\([a-z0-9_.\-:@\[\]]{1,80})(?=\\)")
_KNOWN_HOSTS = frozenset({"localhost", "127.0.0.1", ".", "?", "tsclient"})
_SEGMENT_VERSION = re.compile(r"(?<=[_\-\\/ v])\d{1,5}\.\d{1,5}\.\d{1,6}(?:\.\d{1,6})?(?=[_\-\\/ ]|\Z)")
_POLICY_TEST = re.compile(r"__psscriptpolicytest_[a-z0-9]{1,12}\.[a-z0-9]{1,6}")
#: macOS puts each user's temporary files below two generated names.
_MACOS_TEMPORARY = re.compile(r"/var/folders/[^/\s\"']{1,8}/[^/\s\"']{1,60}")
#: Folders named by day, as log archives have them.
_DATED = re.compile(r"(?<=/)(?:19|20)\d\d/[01]\d/[0-3]\d(?=/)")
#: Redundant segments: `a\\.\\b` and `a\\\\b`, `a\\x\\..\\b`; not the two backslashes before a host.
_SELF_SEGMENT = re.compile(r"(?<=[\w)}$])\\(?:\.?\\)+")
_PARENT_SEGMENT = re.compile(r"\\(?!\.\.)[^\\\s\"']{1,60}\\\.\.(?=\\)")
_WINSXS = re.compile(r"(?<=_)[0-9a-f]{16}(?=[_.\\]|\Z)")


def path(value: str) -> str:
    """Return a path in canonical spelling: `C:\\Users\\ann\\a.exe` -> `\\users\\{user}\\a.exe`.

    Lower case; device, `\\??\\` and %SystemRoot% forms unified, the drive letter dropped, slashes of Windows paths
    made backslashes. Profile names (except Public and Default), GUIDs, long hex, numbers and versions are masked.
    MAX_PATH characters are read.
    """
    return _path(value[:MAX_PATH])


@remembered(5)
def _path(value: str) -> str:
    text = placeholders.escape(value.strip().strip("\"'")).lower()
    if not text.startswith("/") and (("/" in text and text[1:3] == ":/") or "\\" in text or text[:1] in "%$"):
        text = text.replace("/", "\\")
    text = unify_paths(text)
    if "\\" in text or "/" in text:
        text = _SEGMENT_VERSION.sub(placeholders.VERSION, _WINSXS.sub(placeholders.HEX, text))
    if "/" in text:
        text = _DATED.sub(placeholders.TIME, text)
    return identity.mask_segment(text)


def unify_paths(text: str) -> str:
    """Return lower-case text with every Windows and Unix path in it in canonical spelling."""
    if "%" in text or "$" in text:
        text = _VARIABLE.sub(lambda match: _VARIABLES[match[1] or match[2]], text)
    if ":/" in text:
        text = _FORWARD.sub(lambda match: match[0].replace("/", "\\"), text)
    if "\\" in text:
        text = _windows(text)
    if "users" in text or "/home" in text or "documents and" in text:
        text = _PROFILE.sub(_profile, text)
    if "/var/folders/" in text:
        text = _MACOS_TEMPORARY.sub(f"/var/folders/{placeholders.RANDOM}", text)
    return _POLICY_TEST.sub(f"__psscriptpolicytest_{placeholders.RANDOM}", text) if "__pss" in text else text


def file_name(text: str) -> str:
    """Return the last segment of a canonical path."""
    return text[max(text.rfind("\\"), text.rfind("/")) + 1 :]


def _windows(text: str) -> str:
    if "\\\\" in text or "\\?" in text or "\\global" in text or "file:" in text:
        text = _PREFIX.sub(lambda match: "\\" if match[1] else "", text)
    if "\\device" in text:
        text = _MUP.sub("\\\\", _DEVICE.sub("", text))
    if "volume{" in text:
        text = _VOLUME.sub("", text)
    if "\\systemroot" in text:
        text = _SYSTEMROOT.sub(lambda _: "\\windows", text)
    text = _DRIVE.sub("", _without_redundant_segments(text))
    return _UNC.sub(_unc, text) if "\\\\" in text else text


def _without_redundant_segments(text: str) -> str:
    if "\\\\" in text or "\\." in text:
        text = _SELF_SEGMENT.sub(lambda _: "\\", text)
    if "\\..\\" in text:
        text = _PARENT_SEGMENT.sub("", text)
    return text


def _unc(match: re.Match[str]) -> str:
    return match[0] if match[1] in _KNOWN_HOSTS else f"\\\\{placeholders.HOST}"


def _profile(match: re.Match[str]) -> str:
    name = match[3] if match[3] in _KNOWN_PROFILES else placeholders.USER
    return f"{match[1]}{match[2]}{name}"
