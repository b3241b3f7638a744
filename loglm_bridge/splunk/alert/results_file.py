"""The results of an alert: gzip-compressed CSV with `__mv_` columns (docs/dev/splunk-facts.md)."""

from __future__ import annotations

import csv
import gzip
import zlib
from pathlib import Path
from typing import Iterator

from loglm_bridge.contract.errors import InputError
from loglm_bridge.contract.row import Row
from loglm_bridge.splunk.rows.table import MV_PREFIX, mv_values

#: Maximum characters of a cell; csv's own limit of 128 KB is below what splunkd writes.
_MAX_CELL = 64 * 1024 * 1024


def read_rows(path: Path) -> Iterator[Row]:
    """Yield the rows of a results file.

    Raises:
        InputError: the file cannot be opened, or is damaged from here on; the rows before have been yielded.
    """
    csv.field_size_limit(_MAX_CELL)
    count = 0
    try:
        with gzip.open(path, "rt", encoding="utf-8", errors="replace", newline="") as file:
            for cells in csv.DictReader(file):
                yield _row(cells)
                count += 1
    except (OSError, EOFError, zlib.error, csv.Error) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise InputError(f"the results file cannot be read beyond row {count} ({reason})", where=path.name) from error


def _row(cells: dict[str, str]) -> Row:
    row = {}
    for name, value in cells.items():
        # DictReader has the name None for surplus cells, and the value None for missing ones
        if name is not None and value is not None and not name.startswith(MV_PREFIX):
            row[name] = mv_values(cells.get(MV_PREFIX + name) or "") or [value]
    return row
