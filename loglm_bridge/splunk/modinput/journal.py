"""The notables of the window that is being read, so that a kill repeats one batch of them and not the whole window.

A text file: `loglm-journal 1 <first second of the window>`, then one line per batch of notables: the CRC-32 of the rest
and the first half of each event key. Only what was flushed to splunkd is noted. A torn last line is dropped.
"""

from __future__ import annotations

import zlib
from collections import Counter
from typing import Iterable, Iterator

from loglm_bridge.splunk.modinput.checkpoint import not_saved
from loglm_bridge.splunk.modinput.durable_files import Disk

_MAGIC = "loglm-journal 1"

#: Characters of an event key (hexadecimal) that are kept: 128 bits, no two events of a window share them.
_KEY = 32


class Journal:
    """The notables that were written for the open window of one input."""

    def __init__(self, disk: Disk, stem: str) -> None:
        self._disk = disk
        self._name = f"{stem}.journal"

    def resume(self, second: int) -> Counter[str]:
        """Open the window that begins at `second`; return how often each key (cut by `short`) was written for it.

        Raises:
            CheckpointError: the disk fails.
        """
        try:
            header = _line(f"{_MAGIC} {second}")
            content = self._disk.read(self._name) or b""
            lines = list(_whole_lines(content)) if content.startswith(header) else []
            kept = b"".join(_line(line) for line in lines) or header
            if kept != content:
                self._disk.replace(self._name, kept)
        except OSError as error:
            raise not_saved(error) from error
        return Counter(key for line in lines[1:] for key in line.split(" "))

    def note(self, keys: Iterable[str]) -> None:
        """Note durably that notables with these event keys were written and flushed.

        Raises:
            CheckpointError: the disk fails; the same notables will be written again.
        """
        try:
            self._disk.append(self._name, _line(" ".join(short(key) for key in keys)))
        except OSError as error:
            raise not_saved(error) from error


def short(key: str) -> str:
    """Return the part of an event key that the journal keeps."""
    return key[:_KEY]


def _line(text: str) -> bytes:
    data = text.encode("ascii")
    return b"%08x " % zlib.crc32(data) + data + b"\n"


def _whole_lines(content: bytes) -> Iterator[str]:
    """Yield the lines up to the first that is torn or damaged."""
    for line in content.splitlines(keepends=True):
        text = line[9:-1]
        if not text.isascii() or line != _line(text.decode("ascii")):
            return
        yield text.decode("ascii")
