"""A reproducible tar.gz: sorted files, one owner, one time, fixed modes."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import PurePosixPath
from typing import Mapping

#: Modification time of every file, 2025-01-01T00:00:00Z; the gzip header has none.
EPOCH = 1735689600


def write_archive(top: str, files: Mapping[str, bytes]) -> bytes:
    """Return the archive of `files` (relative path -> content) under the one folder `top`."""
    out = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=out, mode="wb", compresslevel=9, mtime=0, filename="") as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for folder in sorted(_folders(top, files)):
            entry = _entry(folder, 0o755)
            entry.type = tarfile.DIRTYPE
            tar.addfile(entry)
        for path in sorted(files):
            entry = _entry(f"{top}/{path}", 0o644)
            entry.size = len(files[path])
            tar.addfile(entry, io.BytesIO(files[path]))
    return out.getvalue()


def _folders(top: str, files: Mapping[str, bytes]) -> set[str]:
    return {str(folder) for path in files for folder in PurePosixPath(top, path).parents} - {"."}


def _entry(name: str, mode: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.mode, entry.mtime = mode, EPOCH
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    return entry
