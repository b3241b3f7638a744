"""Lock files: one vendored distribution per line, in sections by the folder of the app that it goes to."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LINE = re.compile(
    r"(?P<name>[A-Za-z0-9_.-]+)==(?P<version>\S+) --hash=sha256:(?P<sha256>[0-9a-f]{64}) # (?P<licence>.+)"
)

#: A comment that begins a section.
_SECTION = re.compile(r"# --- (?P<folder>[a-z0-9/]+):.*")

#: The folder of the app for lines before any section.
_DEFAULT_FOLDER = "lib"


@dataclass(frozen=True)
class Pin:
    """One distribution: name on the package index, version, sha256 (hex) of its file, SPDX licence, folder."""

    name: str
    version: str
    sha256: str
    licence: str
    folder: str = _DEFAULT_FOLDER

    @property
    def stem(self) -> str:
        """Name of its metadata folder without the suffix (binary distribution format)."""
        return f"{re.sub(r'[-_.]+', '_', self.name)}-{self.version}"


def read_lock(text: str) -> tuple[Pin, ...]:
    """Read a lock file: pip's requirements with one hash each, the licence as a comment, sorted by name in a section.

    Raises:
        ValueError: an invalid line, a repeated name, or names out of order.
    """
    pins: list[Pin] = []
    folder = _DEFAULT_FOLDER
    for number, line in enumerate(text.splitlines(), 1):
        section = _SECTION.fullmatch(line)
        folder = section["folder"] if section else folder
        if not line or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise ValueError(f"line {number} of the lock is not `name==version --hash=sha256:... # licence`")
        pins.append(Pin(**match.groupdict(), folder=folder))
    names = [(pin.folder, pin.name) for pin in pins]
    if names != sorted(set(names)):
        raise ValueError("the lock's names must be sorted and unique")
    return tuple(pins)


def requirements_of(text: str, folder: str) -> str:
    """Return the lines of a lock file that go to one folder of the app, as a requirements file for pip."""
    pins = (pin for pin in read_lock(text) if pin.folder == folder)
    return "".join(f"{pin.name}=={pin.version} --hash=sha256:{pin.sha256}\n" for pin in pins)
