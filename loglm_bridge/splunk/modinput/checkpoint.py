"""The position of an input, stored so that a crash, a full disk or a damaged file neither loses nor repeats everything.

Two files per input are written in turns, each with a generation number and a checksum. So the previous generation is
never touched while the new one is written. A damaged file is renamed, never deleted, and never treated as "no position
yet".
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Callable, Mapping, Optional

from loglm_bridge.contract.errors import CheckpointError
from loglm_bridge.splunk.modinput.durable_files import DurableFolder

VERSION = 1

#: Bytes that must be free before a run starts: more than the journal entry of one batch.
_RESERVED_BYTES = 65_536

#: Maximum second of a position (the year 9999).
_MAX_SECOND = 253_402_300_799


@dataclass(frozen=True)
class Position:
    """All events with an `_indextime` below `second` are done; `latest` is the highest `_indextime` read so far."""

    second: int
    latest: Optional[int] = None


@dataclass(frozen=True)
class LoadedCheckpoint:
    """The stored position (None: this input never ran), its time of saving, and the new names of damaged files."""

    position: Optional[Position]
    saved_at: float = 0.0
    damaged: tuple[str, ...] = ()


class CheckpointStore:
    """The position of the input `name`. Its files in `folder` have names that begin with `stem`."""

    def __init__(self, folder: DurableFolder, stem: str, name: str, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._stem = stem
        self._name = name
        self._clock = clock
        self._generation = 0

    def load(self) -> LoadedCheckpoint:
        """Return the newest position that can be read; rename damaged files.

        Raises:
            CheckpointError: there was a position and no generation of it can be read, or the disk fails. The input
                must stop then: a new start would read everything again, or skip events.
        """
        try:
            readable, damaged = self._read_slots()
            if not readable:
                self._check_not_lost(damaged)
                return LoadedCheckpoint(None)
        except OSError as error:
            raise CheckpointError(f"cannot read the position ({error.strerror})", where=self._stem) from error
        newest = max(readable, key=lambda data: int(data["generation"]))
        self._generation = newest["generation"]
        return LoadedCheckpoint(Position(newest["second"], newest["seen"]), newest["saved_at"], damaged)

    def save(self, position: Position) -> None:
        """Save a position durably; the previous generation is not touched.

        Raises:
            CheckpointError: it cannot be saved; the previous position stays valid.
        """
        data = {
            "version": VERSION,
            "input": self._name,
            "generation": self._generation + 1,
            "second": position.second,
            "seen": position.latest,
            "saved_at": round(self._clock(), 3),
        }
        try:
            self._folder.replace(self._slot(self._generation + 1), encode_checkpoint(data))
        except OSError as error:
            raise save_error(error) from error
        self._generation += 1

    def reserve(self) -> None:
        """Check that the disk can store what a run will write, before the run reads its first event.

        Raises:
            CheckpointError: it cannot.
        """
        name = f"{self._stem}.reserve"
        try:
            self._folder.replace(name, bytes(_RESERVED_BYTES))
            self._folder.remove(name)
        except OSError as error:
            raise save_error(error) from error

    def _slot(self, generation: int) -> str:
        return f"{self._stem}.{generation % 2}.json"

    def _read_slots(self) -> tuple[list[Mapping[str, Any]], tuple[str, ...]]:
        readable, damaged = [], []
        for slot in (self._slot(0), self._slot(1)):
            content = self._folder.read(slot)
            if content is None:
                continue
            data = decode_checkpoint(content, self._name)
            if data is None:
                new_name = f"{slot}.corrupt-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(self._clock()))}"
                self._folder.rename(slot, new_name)
                damaged.append(new_name)
            else:
                readable.append(data)
        return readable, tuple(damaged)

    def _check_not_lost(self, damaged: tuple[str, ...]) -> None:
        lost = damaged or [n for n in self._folder.names() if n.startswith(f"{self._stem}.") and ".corrupt-" in n]
        if lost:
            raise CheckpointError(
                f"position file damaged and no earlier copy can be read (renamed to {lost[-1]})",
                hint="create the input under a new name with a lookback that covers the gap,"
                " or remove that file so that this one starts anew",
            )


def encode_checkpoint(data: Mapping[str, Any]) -> bytes:
    """Return the content of a position file: one line of JSON, then one line with its sha256."""
    line = json.dumps(data, sort_keys=True).encode("ascii")
    return line + b"\n" + sha256(line).hexdigest().encode("ascii") + b"\n"


def decode_checkpoint(content: bytes, name: str) -> Optional[Mapping[str, Any]]:
    """Return the data of a position file, None where it is damaged, of another version or of another input."""
    line, _, checksum = content.partition(b"\n")
    if checksum != sha256(line).hexdigest().encode("ascii") + b"\n":
        return None
    data = json.loads(line)
    if not isinstance(data, dict) or data.get("version") != VERSION or data.get("input") != name:
        return None
    return data if 0 <= data["second"] <= _MAX_SECOND else None


def save_error(error: OSError) -> CheckpointError:
    """Return the error of a position that cannot be written."""
    return CheckpointError(
        f"cannot save the position ({error.strerror}). Reading paused so that nothing is lost",
        hint="free disk space or correct the permissions of the checkpoint folder; the input then continues by itself",
    )
