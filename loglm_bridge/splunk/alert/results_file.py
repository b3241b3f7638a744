"""The results of an alert: gzip-compressed CSV with `__mv_` columns (docs/dev/splunk-facts.md).

Neither the csv module nor text files of Python are used. On Python 3.9 the former stops at NUL, both take a bare
carriage return for the end of a row, and a cell of any size is held whole. Here a row ends at a line feed outside
quotes. Cells and rows are cut at a size above all that a notable or the model takes from them.
"""

from __future__ import annotations

import gzip
import re
import zlib
from pathlib import Path
from typing import Iterable, Iterator

from loglm_bridge.contract.errors import InputError
from loglm_bridge.contract.limits import MAX_RAW_BYTES
from loglm_bridge.contract.row import Row
from loglm_bridge.splunk.rows.table import MV_PREFIX, mv_values

#: Maximum bytes of a cell: the model's limit in characters of four bytes, and one more that shows it was longer.
MAX_CELL = 4 * (MAX_RAW_BYTES + 1)

#: Maximum bytes of a row, and cells of it.
MAX_ROW, MAX_CELLS = 16 * MAX_CELL, 20_000

#: Bytes that are read at a time.
_CHUNK = 65_536

_SPECIAL = re.compile(rb'([",\n])')

_HINT = "look for a full disk or an expired search job, and run the alert again"

#: Where the reader is in a cell: before it, in plain text, in quotes, behind a quotation mark inside quotes.
_START, _PLAIN, _QUOTED, _QUOTE = range(4)


def read_rows(path: Path) -> Iterator[Row]:
    """Yield the rows of a results file. NUL becomes U+2400, as in a search; bytes that are not UTF-8 become U+FFFD.

    Raises:
        InputError: the file cannot be opened, or is damaged from here on; the rows before have been yielded.
    """
    count = 0
    try:
        with path.open("rb") as compressed, gzip.open(compressed) as file:
            records = (record for record in read_records(_chunks(file)) if record != [""])
            header = [name.lstrip("\ufeff") if i == 0 else name for i, name in enumerate(next(records, []))]
            for cells in records:
                yield _row(header, cells)
                count += 1
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise InputError(
            f"the results file cannot be read beyond row {count} ({reason})", where=path.name, hint=_HINT
        ) from error


def _chunks(file: gzip.GzipFile) -> Iterator[bytes]:
    while chunk := file.read1(_CHUNK):  # of a truncated file, all up to its end
        yield chunk


def read_records(chunks: Iterable[bytes]) -> Iterator[list[str]]:
    """Yield the cells of each record of CSV that arrives in chunks; the last record needs no line end."""
    reader = _RecordReader()
    for chunk in chunks:
        for token in _SPECIAL.split(chunk):
            if token and reader.take(token):
                yield reader.end_record()
    if reader.has_content:
        yield reader.end_record()


class _RecordReader:
    """Takes a stream of CSV apart, one token at a time: a quotation mark, a comma, a line feed, or other bytes."""

    def __init__(self) -> None:
        self._state = _START
        self._parts: list[bytes] = []
        self._cell_size = self._row_size = 0
        self._cells: list[str] = []

    @property
    def has_content(self) -> bool:
        """Whether anything was taken since the last record ended."""
        return bool(self._cells or self._parts or self._state != _START)

    def take(self, token: bytes) -> bool:
        """Take a token; return whether it ends the record."""
        if self._state == _QUOTED:
            if token == b'"':
                self._state = _QUOTE
            else:
                self._append(token)
        elif token == b'"' and self._state != _PLAIN:
            if self._state == _QUOTE:
                self._append(token)
            self._state = _QUOTED
        elif token == b",":
            self._end_cell()
        elif token == b"\n":
            return True
        else:
            self._append(token)
            self._state = _PLAIN
        return False

    def end_record(self) -> list[str]:
        """Return the cells of the record and begin the next one."""
        self._end_cell(is_last=True)
        cells, self._cells, self._row_size = self._cells, [], 0
        return cells

    def _append(self, token: bytes) -> None:
        room = min(MAX_CELL - self._cell_size, MAX_ROW - self._row_size)
        if room > 0:
            self._parts.append(token[:room])
            self._cell_size += len(self._parts[-1])
            self._row_size += len(self._parts[-1])

    def _end_cell(self, *, is_last: bool = False) -> None:
        cell = b"".join(self._parts)
        if is_last and self._state == _PLAIN and cell.endswith(b"\r"):
            cell = cell[:-1]  # a line end of Windows
        if len(self._cells) < MAX_CELLS:
            self._cells.append(cell.decode("utf-8", "replace").replace("\0", "\u2400"))
        self._parts, self._cell_size, self._state = [], 0, _START


def _row(header: list[str], cells: list[str]) -> Row:
    # surplus cells have no name, and missing ones no value
    texts = dict(zip(header, cells))
    return {
        name: mv_values(texts.get(MV_PREFIX + name) or "") or [value]
        for name, value in texts.items()
        if not name.startswith(MV_PREFIX)
    }
