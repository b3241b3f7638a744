"""One process per input: a file lock that the operating system releases when its holder dies, however it dies."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Optional

from loglm_bridge.contract.errors import InputError
from loglm_bridge.splunk.modinput.checkpoint import save_error

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

#: Offset of the locked byte on Windows, where a lock also prevents others from reading it: after the pid.
_LOCK_OFFSET = 64


class AlreadyRunning(InputError):
    """Another process holds the lock."""

    hint = "nothing to do"


class InputLock:
    """Context manager that holds a lock on `path`.

    Raises AlreadyRunning on entry if another process holds it, CheckpointError where its file cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: Optional[int] = None

    def __enter__(self) -> InputLock:
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise save_error(error) from error
        try:
            _lock(file)
        except OSError as error:
            holder = os.read(file, 32).decode("ascii", "replace").strip() or "unknown"
            os.close(file)
            raise AlreadyRunning(f"already running (pid {holder})") from error
        self._file = file
        with suppress(OSError):  # a full disk: the lock holds without its holder's name
            os.ftruncate(file, 0)
            os.write(file, b"%d\n" % os.getpid())
        return self

    def __exit__(
        self, exc_type: Optional[type[BaseException]], exc: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _lock(file: int) -> None:
    if sys.platform == "win32":
        os.lseek(file, _LOCK_OFFSET, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        os.lseek(file, 0, os.SEEK_SET)
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
