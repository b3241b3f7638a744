"""Journal of the notables of the current window, so that a kill repeats one batch of them and not the whole window.

A text file: `loglm-journal 1 <first second of the window>`, then one line per batch of notables with the first half of
each event key. Every line begins with the CRC-32 of the rest. Only notables that were flushed to splunkd are recorded.
An incomplete last line is dropped.
"""

from __future__ import annotations

import zlib
from collections import Counter
from typing import Iterable, Iterator

from loglm_bridge.splunk.modinput.checkpoint import save_error
from loglm_bridge.splunk.modinput.durable_files import DurableFolder

_MAGIC = "loglm-journal 1"

#: Characters of an event key (hexadecimal) in the journal: 128 bits, so no two events of a window share them.
_KEY_LENGTH = 32


class Journal:
    """The notables written for the current window of one input."""

    def __init__(self, folder: DurableFolder, stem: str) -> None:
        self._folder = folder
        self._name = f"{stem}.journal"

    def resume(self, second: int) -> Counter[str]:
        """Open the window that begins at `second`; return how often each key (see `short_key`) was written for it.

        Raises:
            CheckpointError: the disk fails.
        """
        try:
            header = _line(f"{_MAGIC} {second}")
            content = self._folder.read(self._name) or b""
            lines = list(_intact_lines(content)) if content.startswith(header) else []
            intact = b"".join(_line(line) for line in lines) or header
            if intact != content:
                self._folder.replace(self._name, intact)
        except OSError as error:
            raise save_error(error) from error
        return Counter(key for line in lines[1:] for key in line.split(" "))

    def record(self, keys: Iterable[str]) -> None:
        """Record durably that notables with these event keys were written and flushed.

        Raises:
            CheckpointError: the disk fails; the same notables will be written again.
        """
        try:
            self._folder.append(self._name, _line(" ".join(short_key(key) for key in keys)))
        except OSError as error:
            raise save_error(error) from error


def short_key(key: str) -> str:
    """Return the part of an event key that the journal stores."""
    return key[:_KEY_LENGTH]


def _line(text: str) -> bytes:
    data = text.encode("ascii")
    return b"%08x " % zlib.crc32(data) + data + b"\n"


def _intact_lines(content: bytes) -> Iterator[str]:
    """Yield the lines up to the first that is incomplete or damaged."""
    for line in content.splitlines(keepends=True):
        text = line[9:-1]
        if not text.isascii() or line != _line(text.decode("ascii")):
            return
        yield text.decode("ascii")
