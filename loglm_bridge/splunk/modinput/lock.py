"""One process per input: a lock that the system takes back when its holder dies, however it dies."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Optional

from loglm_bridge.contract.errors import InputError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

#: Byte of the file that is locked on Windows, where a lock also keeps others from reading: beyond the pid.
_BYTE = 64


class AlreadyRunning(InputError):
    """Another process holds the lock."""

    hint = "nothing to do"


class InputLock:
    """Context manager that holds `path` locked. Raises AlreadyRunning on entry if another process does."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: Optional[int] = None

    def __enter__(self) -> InputLock:
        file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(file)
        except OSError as error:
            holder = os.read(file, 32).decode("ascii", "replace").strip() or "unknown"
            os.close(file)
            raise AlreadyRunning(f"already running (pid {holder})") from error
        os.ftruncate(file, 0)
        os.write(file, b"%d\n" % os.getpid())
        self._file = file
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _lock(file: int) -> None:
    if sys.platform == "win32":
        os.lseek(file, _BYTE, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        os.lseek(file, 0, os.SEEK_SET)
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
