"""The file operations of checkpoints, each with a stated durability. Tests replace them with a disk that fails.

A rename alone is not enough: without fsync of file and folder, power loss can leave files of zero bytes.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Optional


class DurableFolder:
    """The files of one folder. All operations raise OSError."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def create(self) -> None:
        """Create the folder."""
        self._folder.mkdir(parents=True, exist_ok=True)

    def names(self) -> list[str]:
        """Return the names of all files."""
        return sorted(path.name for path in self._folder.iterdir())

    def read(self, name: str) -> Optional[bytes]:
        """Return a file's content, None where there is no such file."""
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None

    def replace(self, name: str, content: bytes) -> None:
        """Replace a file's content: after a crash it is the old or the new one, complete."""
        temporary = self._folder / f"{name}.new"
        try:
            with temporary.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._folder / name)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        self._sync_folder()

    def append(self, name: str, content: bytes) -> None:
        """Append to an existing file: after a crash any part of `content` may be missing."""
        with (self._folder / name).open("ab") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    def rename(self, name: str, new: str) -> None:
        """Rename a file; replaces an existing file of that name."""
        (self._folder / name).replace(self._folder / new)
        self._sync_folder()

    def remove(self, name: str) -> None:
        """Remove a file."""
        (self._folder / name).unlink()

    def _sync_folder(self) -> None:
        if os.name != "posix":
            return  # Windows can neither open nor sync a folder
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
