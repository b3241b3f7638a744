"""The few file operations that positions are kept with, each as durable as it says. Tests put a failing disk here.

A rename alone is not enough: files of zero bytes were found after power loss where neither the file nor the folder had
been synced.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Optional


class Disk:
    """The files of one folder. All operations raise OSError."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def prepare(self) -> None:
        """Make the folder."""
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
        """Give a file new content: after a crash it is the old one or the new one, whole."""
        fresh = self._folder / f"{name}.new"
        try:
            with fresh.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._folder / name)
        except OSError:
            fresh.unlink(missing_ok=True)
            raise
        self._sync_folder()

    def append(self, name: str, content: bytes) -> None:
        """Add to a file that exists: after a crash any part of `content` may be missing."""
        with (self._folder / name).open("ab") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    def rename(self, name: str, new: str) -> None:
        """Rename a file, over another of that name."""
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
