"""Command catalogues: known commands of a technique, rendered as the log events that would record them.

Atomic Red Team, LOLBAS and GTFOBins list commands, not events; a list of web attacks (fwaf) lists request paths.
Placeholders are replaced by plausible values, so that no model learns the placeholder.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

from loglm_bridge.lab.data.sources import LabelledEvent, read_events
from loglm_bridge.lab.weak_labels.log_renderer import Renderer
from loglm_bridge.telemetry.record import Record

#: Placeholders of LOLBAS -> values that an operator would write.
_VALUES = {
    "PATH_ABSOLUTE": ("C:\\Windows\\Temp\\a", "C:\\Users\\Public\\update", "C:\\ProgramData\\svc"),
    "PATH_SMB": ("\\\\10.0.0.5\\share\\a", "\\\\fileserver\\c$\\temp\\run"),
    "PATH": ("update", "C:\\Temp\\x", "payload"),
    "REMOTEURL": ("http://203.0.113.7/a", "https://files.example.com/update"),
    "CMD": ("calc.exe", "cmd.exe /c whoami", "powershell.exe"),
}
_PLACEHOLDER = re.compile(r"\{(PATH_ABSOLUTE|PATH_SMB|PATH|REMOTEURL|CMD)(?::(\.[a-z0-9]+))?\}")

#: Names of Atomic Red Team's test harness -> plain values.
_HARNESS = (
    ("PathToAtomicsFolder\\..\\ExternalPayloads", "C:\\Tools"),
    ("PathToAtomicsFolder", "C:\\Tools"),
    ("TXXXX", "run"),
)

#: Placeholders of GTFOBins -> plain values.
_UNIX_PATHS = (
    ("/path/to/input-file", ("/etc/shadow", "/etc/passwd", "/root/.ssh/id_rsa", "/var/lib/data.db")),
    ("/path/to/output-file", ("/tmp/out", "/var/tmp/.x", "/dev/shm/a")),  # noqa: S108 - a value in a rendered event
    ("/path/to/temp-file", ("/tmp/t", "/var/tmp/x", "/dev/shm/x")),  # noqa: S108
    ("/path/to", ("/tmp", "/home/deploy", "/opt")),  # noqa: S108
    ("attacker.com", ("198.51.100.7", "files.example.net")),
)

#: Lines of a longer script that do not show the technique.
_UNSPECIFIC = re.compile(
    r"\A\s*+(rem\b|::|#|echo\b|cd\b|exit\b|set\s+\w+=|\$?\w++\s*+=\s*+['\"\d]|timeout\b|sleep\b|mkdir\b|[{}()]*+\s*+\Z)",
    re.IGNORECASE,
)


def commands(path: Path, atomic: bool) -> Iterator[LabelledEvent]:
    """Yield the entries that name a technique; those of Atomic Red Team only if `atomic`."""
    for row in read_events(path):
        if row.techniques and (atomic or not row.group.startswith("atomic/")):
            yield row


def render(entry: LabelledEvent, renderer: Renderer, rng: random.Random) -> Iterator[Record]:
    """Yield the log events that record a catalogue entry."""
    text = replace_placeholders(entry.event.raw, rng)
    shell = entry.event.sourcetype
    if shell == "http:uri":
        yield renderer.request(text)
    elif shell == "command:powershell":
        yield renderer.script(text)
        for line in _lines(text)[:2]:
            yield from renderer.windows_process(_powershell(line, rng))
    elif shell == "command:command_prompt":
        for line in _lines(text)[:3]:
            yield from renderer.windows_process(_prompt(line, rng))
    else:
        for line in _lines(text)[:3]:
            yield from renderer.unix_process(line)


def replace_placeholders(text: str, rng: random.Random) -> str:
    """Replace the placeholders of a catalogue by plausible values."""
    text = _PLACEHOLDER.sub(lambda m: rng.choice(_VALUES[m[1]]) + (m[2] or ""), text)
    for harness, plain in _HARNESS:
        text = text.replace(harness, plain)
    for placeholder, choices in _UNIX_PATHS:
        text = text.replace(placeholder, rng.choice(choices))
    return text


def _lines(text: str) -> list[str]:
    """Return the lines that may show the technique; the first line if there is none."""
    lines = [line.strip() for line in text.splitlines()]
    return [line for line in lines if len(line) > 3 and not _UNSPECIFIC.match(line)] or lines[:1]


def _prompt(line: str, rng: random.Random) -> dict[str, str]:
    program = line.split()[0].strip("\"'") if line.split() else line
    if rng.random() < 0.3:
        return {"Image": "cmd.exe", "CommandLine": f'"C:\\Windows\\System32\\cmd.exe" /c {line}'}
    name = program.rpartition("\\")[2]
    return {
        "Image": name if "." in name else f"{name}.exe",
        "CommandLine": line,
        "ParentImage": rng.choice(("cmd.exe", "explorer.exe", "powershell.exe")),
    }


def _powershell(line: str, rng: random.Random) -> dict[str, str]:
    flag = rng.choice(("-Command", "-c", "-nop -w hidden -c", "-ExecutionPolicy Bypass -Command", "&"))
    return {
        "Image": "WindowsPowerShell\\v1.0\\powershell.exe",
        "CommandLine": f'powershell.exe {flag} "{line}"',
        "ParentImage": rng.choice(("cmd.exe", "explorer.exe", "wmiprvse.exe")),
    }
