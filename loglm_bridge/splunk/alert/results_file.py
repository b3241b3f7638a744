"""The results of an alert: gzip-compressed CSV with `__mv_` columns."""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from pathlib import Path
from typing import Iterator

from loglm_bridge.contract.errors import InputError
from loglm_bridge.splunk.modinput.search_export import Row

#: Characters of the longest cell; csv's own limit of 128 KB is below what splunkd writes.
_MAX_CELL = 64 * 1024 * 1024

_MV = "__mv_"
_VALUE = re.compile(r"\$((?:[^$]|\$\$)*)\$(?:;|\Z)")


def read_rows(path: Path) -> Iterator[Row]:
    """Yield the rows of a results file as field -> values.

    Raises:
        InputError: the file cannot be opened, or is damaged from here on; rows before the damage have been yielded.
    """
    csv.field_size_limit(_MAX_CELL)
    count = 0
    try:
        with gzip.open(path, "rt", encoding="utf-8", errors="replace", newline="") as file:
            for cells in csv.DictReader(file):
                yield _row(cells)
                count += 1
    except (OSError, EOFError, zlib.error, csv.Error) as error:
        what = getattr(error, "strerror", None) or type(error).__name__
        raise InputError(f"the results file cannot be read beyond row {count} ({what})", where=path.name) from error


def multivalue(cell: str) -> list[str]:
    """Return the values of a `__mv_` cell: `$a$;$b$`, a dollar sign inside a value doubled."""
    return [value.replace("$$", "$") for value in _VALUE.findall(cell)]


def _row(cells: dict[str, str]) -> Row:
    row = {}
    for name, value in cells.items():
        # None: DictReader's name for surplus cells, and its value for missing ones
        if name is not None and value is not None and not name.startswith(_MV):
            row[name] = multivalue(cells.get(_MV + name) or "") or [value]
    return row
