"""Lock files: one vendored distribution per line."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LINE = re.compile(
    r"(?P<name>[A-Za-z0-9_.-]+)==(?P<version>\S+) --hash=sha256:(?P<sha256>[0-9a-f]{64}) # (?P<licence>.+)"
)


@dataclass(frozen=True)
class Pin:
    """One distribution: name on the package index, version, sha256 (hex) of its file, SPDX licence."""

    name: str
    version: str
    sha256: str
    licence: str

    @property
    def stem(self) -> str:
        """Name of its metadata folder without the suffix (binary distribution format)."""
        return f"{re.sub(r'[-_.]+', '_', self.name)}-{self.version}"


def read_lock(text: str) -> tuple[Pin, ...]:
    """Read a lock file: pip's requirements with one hash each, the licence as a comment, sorted by name.

    Raises:
        ValueError: an invalid line, a repeated name, or names out of order.
    """
    pins = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise ValueError(f"line {number} of the lock is not `name==version --hash=sha256:... # licence`")
        pins.append(Pin(**match.groupdict()))
    names = [pin.name for pin in pins]
    if names != sorted(set(names)):
        raise ValueError("the lock's names must be sorted and unique")
    return tuple(pins)
