"""Where an input has got to, kept so that a crash, a full disk or a damaged file neither loses nor repeats everything.

Two files of one input take turns; each holds a generation number and a checksum, so the older one is the previous
generation and is never touched while the newer one is written. What cannot be read is set aside under another name,
never deleted, and never taken for "no position yet".
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Callable, Mapping, Optional

from loglm_bridge.contract.errors import CheckpointError
from loglm_bridge.splunk.modinput.durable_files import Disk

VERSION = 1

#: Bytes that have to be free before anything is read: more than one batch's entry in the journal.
_RESERVE = 65_536

#: Latest second that a position can name (the year 9999).
_MAX_SECOND = 253_402_300_799


@dataclass(frozen=True)
class Position:
    """All events of `_indextime` below `second` are done; `seen` is the highest `_indextime` of any event so far."""

    second: int
    seen: Optional[int] = None


@dataclass(frozen=True)
class Loaded:
    """What was found: the position (None: this input never ran), when it was saved, and what damaged files are called
    now.
    """

    position: Optional[Position]
    saved_at: float = 0.0
    damaged: tuple[str, ...] = ()


class CheckpointStore:
    """The position of the input `name` in the folder of `disk`. `stem` begins the names of its files."""

    def __init__(self, disk: Disk, stem: str, name: str, clock: Callable[[], float] = time.time) -> None:
        self._disk = disk
        self._stem = stem
        self._name = name
        self._clock = clock
        self._generation = 0

    def load(self) -> Loaded:
        """Return the newest position that can be read; set aside what cannot.

        Raises:
            CheckpointError: there was a position and no generation of it can be read, or the disk fails. The input
                must stop then: to begin anew would read everything again or skip what nobody has seen.
        """
        try:
            found, damaged = self._read_slots()
            if not found:
                self._refuse_if_lost(damaged)
                return Loaded(None)
        except OSError as error:
            raise CheckpointError(f"cannot read the position ({error.strerror})", where=self._stem) from error
        newest = max(found, key=lambda data: int(data["generation"]))
        self._generation = newest["generation"]
        return Loaded(Position(newest["second"], newest["seen"]), newest["saved_at"], damaged)

    def save(self, position: Position) -> None:
        """Save a position durably; the generation before it stays as it is.

        Raises:
            CheckpointError: it cannot be saved; what was saved before still holds.
        """
        data = {
            "version": VERSION,
            "input": self._name,
            "generation": self._generation + 1,
            "second": position.second,
            "seen": position.seen,
            "saved_at": round(self._clock(), 3),
        }
        try:
            self._disk.replace(self._slot(self._generation + 1), write(data))
        except OSError as error:
            raise not_saved(error) from error
        self._generation += 1

    def reserve(self) -> None:
        """Make sure that the disk takes what a run will write, before the run reads its first event.

        Raises:
            CheckpointError: it does not.
        """
        name = f"{self._stem}.reserve"
        try:
            self._disk.replace(name, bytes(_RESERVE))
            self._disk.remove(name)
        except OSError as error:
            raise not_saved(error) from error

    def _slot(self, generation: int) -> str:
        return f"{self._stem}.{generation % 2}.json"

    def _read_slots(self) -> tuple[list[Mapping[str, Any]], tuple[str, ...]]:
        found, damaged = [], []
        for slot in (self._slot(0), self._slot(1)):
            content = self._disk.read(slot)
            if content is None:
                continue
            data = read(content, self._name)
            if data is None:
                aside = f"{slot}.corrupt-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(self._clock()))}"
                self._disk.rename(slot, aside)
                damaged.append(aside)
            else:
                found.append(data)
        return found, tuple(damaged)

    def _refuse_if_lost(self, damaged: tuple[str, ...]) -> None:
        lost = damaged or [n for n in self._disk.names() if n.startswith(f"{self._stem}.") and ".corrupt-" in n]
        if lost:
            raise CheckpointError(
                f"position file damaged and no earlier copy can be read (set aside as {lost[-1]})",
                hint="create the input under a new name with a lookback that covers the gap, or remove that file to let"
                " this one begin anew",
            )


def write(data: Mapping[str, Any]) -> bytes:
    """Return the text of a position: one line of JSON, and under it its sha256."""
    line = json.dumps(data, sort_keys=True).encode("ascii")
    return line + b"\n" + sha256(line).hexdigest().encode("ascii") + b"\n"


def read(content: bytes, name: str) -> Optional[Mapping[str, Any]]:
    """Return what `write` was given, None where it is damaged, of another version or of another input."""
    line, _, check = content.partition(b"\n")
    if check != sha256(line).hexdigest().encode("ascii") + b"\n":
        return None
    data = json.loads(line)
    if not isinstance(data, dict) or data.get("version") != VERSION or data.get("input") != name:
        return None
    return data if 0 <= data["second"] <= _MAX_SECOND else None


def not_saved(error: OSError) -> CheckpointError:
    """Return what a user reads when a position could not be written."""
    return CheckpointError(
        f"cannot save the position ({error.strerror}). Reading paused so that nothing is lost",
        hint="free disk space or correct the rights of the checkpoint folder; the input goes on by itself",
    )
