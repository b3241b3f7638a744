"""The rows of one chunk: CSV from splunkd to cells, cells to CSV (docs/dev/splunk-facts.md).

Rows are lists of cells, not mappings: a chunk has up to 50,000 of them. The csv module reads them (csv_records.py). It
does not write them: it looks at each character, which for an event of 1 kB takes longer than all else that a search
does. A row that is unchanged is not written at all: its lines are passed on.
"""

from __future__ import annotations

import re
from itertools import chain
from operator import itemgetter
from typing import Callable, Container, Iterable, Iterator, Mapping, Sequence

from loglm_bridge.splunk.rows.columns import Value
from loglm_bridge.splunk.rows.csv_records import Block, Cells, read_blocks

#: Line end of written rows.
ROW_END = "\r\n"

#: Prefix of the column that lists the values of a multivalue field.
MV_PREFIX = "__mv_"

_MV_VALUE = re.compile(r"(?<![^;])\$([^$]*(?:\$\$[^$]*)*)\$(?:;|\Z)")

_VISIBLE_NUL = "\u2400".encode()


class Table:
    """The rows of a chunk's CSV, read from `body` as they are requested; fields in `excluded` are left out.

    `columns` names the cells of each row. A multivalue field has a second cell, in the column `__mv_<field>`, that
    lists its values; the first cell then holds them as lines. Bytes that are not UTF-8 become U+FFFD, NUL becomes
    U+2400. Raises InputError, also while rows are read, where the body is not CSV.
    """

    def __init__(self, body: bytes, excluded: Container[str] = ()) -> None:
        # Python's csv reader before 3.11 stops at NUL
        blocks = read_blocks(body.replace(b"\0", _VISIBLE_NUL) if b"\0" in body else body)
        empty: Block = [[]], [""]
        records, texts = next(blocks, empty)
        self._blocks: Iterator[Block] = chain([(records[1:], texts[1:])], blocks)
        header = records[0]
        layout = _layout(header, excluded)
        self.columns = list(layout)
        self._index_of = {name: i for i, name in enumerate(layout)}
        self._header_width = len(header)
        sources = list(layout.values())
        # None where all columns are wanted in the order in which they come, the usual case
        self._source_indices = None if sources == list(range(self._header_width)) else sources
        #: Index of a multivalue field's cell -> index of the cell that lists its values.
        self._mv_indices = {
            self._index_of[name[len(MV_PREFIX) :]]: i
            for name, i in self._index_of.items()
            if name.startswith(MV_PREFIX)
        }
        self._mv_cells = _getter(list(self._mv_indices.values()))

    def __iter__(self) -> Iterator[Cells]:
        return (cells for cells, _ in self.rows())

    def rows(self) -> Iterator[tuple[Cells, str]]:
        """Yield the cells of each row, and the row as CSV without its line end."""
        for records, texts in self._blocks:
            unchanged = self._source_indices is None and all(texts) and set(map(len, records)) <= {self._header_width}
            if unchanged and not any(chain.from_iterable(map(self._mv_cells, records))):
                yield from zip(records, texts)
            else:
                yield from map(self._row, records, texts)

    def _row(self, cells: Cells, text: str) -> tuple[Cells, str]:
        """Return a row that may have too few or too many cells, other columns, or multivalue fields."""
        width = self._header_width
        if len(cells) != width:
            cells, text = [*cells[:width], *[""] * (width - len(cells))], ""
        if self._source_indices is not None:
            cells.append("")  # the source of columns that splunkd did not send
            cells, text = [cells[i] for i in self._source_indices], ""
        if any(self._mv_cells(cells)):
            text = ""
            for index, mv_index in self._mv_indices.items():
                if cells[mv_index]:
                    cells[index], cells[mv_index] = cells_of(mv_values(cells[mv_index]))
        return cells, text or csv_row(cells)

    def getter(self, name: str) -> Callable[[Cells], str]:
        """Return a function from a row's cells to the text of a field, empty where the chunk lacks the field."""
        return itemgetter(self._index_of[name]) if name in self._index_of else lambda _: ""

    def records(self) -> Iterator[dict[str, Value]]:
        """Yield the rows as mappings from field to text, or to a list of texts where the field is multivalue."""
        fields = [
            (name, i, self._mv_indices.get(i, i))
            for name, i in self._index_of.items()
            if not name.startswith(MV_PREFIX)
        ]
        for cells in self:
            yield {
                name: mv_values(cells[mv_index]) if mv_index != index and cells[mv_index] else cells[index]
                for name, index, mv_index in fields
            }


def csv_row(cells: Iterable[str]) -> str:
    """Return cells as a row of CSV without its line end, equal to what csv.writer would write."""
    return ",".join([_quoted(cell) if cell else cell for cell in cells])


def csv_values(values: Iterable[Value]) -> str:
    """Return fields as a row of CSV without its line end, two cells per field."""
    # the second cell of a single text is empty, and half of a label's fields are empty altogether
    return ",".join(
        [
            "," if not value else _quoted(value) + "," if isinstance(value, str) else csv_row(cells_of(value))
            for value in values
        ]
    )


def csv_rows(records: Iterable[Mapping[str, Value]]) -> Iterator[str]:
    """Yield a CSV header and the records as rows of CSV; all records have the fields of the first one."""
    names: list[str] = []
    for record in records:
        if not names:
            names = list(record)
            yield csv_header(names) + ROW_END
        yield csv_values([record[name] for name in names]) + ROW_END


def csv_header(names: Iterable[str]) -> str:
    """Return the header of rows of `csv_values`, without its line end."""
    return csv_row([column for name in names for column in (name, MV_PREFIX + name)])


def cells_of(value: Value) -> tuple[str, str]:
    """Return the two cells of a field: its text, and the list of its values where it has several, else empty."""
    if isinstance(value, str):
        return value, ""
    if len(value) < 2:
        return (value[0] if value else ""), ""
    lines = "\n".join(value)
    return lines, "$" + "$;$".join([part.replace("$", "$$") for part in value] if "$" in lines else value) + "$"


def mv_values(cell: str) -> list[str]:
    """Return the values of a `__mv_` cell such as `$a$;$b$`, where a dollar sign inside a value is doubled."""
    return [value.replace("$$", "$") for value in _MV_VALUE.findall(cell)]


def _quoted(cell: str) -> str:
    if '"' in cell or "," in cell or "\n" in cell or "\r" in cell:
        return '"' + cell.replace('"', '""') + '"'
    return cell


def _layout(header: Sequence[str], excluded: Container[str]) -> dict[str, int]:
    """Return the columns of a row -> their indices in the header of splunkd, len(header) for a missing one.

    Of columns of the same name the last one is used. A `__mv_` column without its field's own column gets one.
    """
    sent = {name: i for i, name in enumerate(header)}
    layout: dict[str, int] = {}
    for name in sent:
        columns = [name]
        while columns[-1].startswith(MV_PREFIX):
            columns.append(columns[-1][len(MV_PREFIX) :])
        if columns[-1] not in excluded:
            layout.update({column: sent.get(column, len(header)) for column in columns})
    return layout


def _getter(indices: Sequence[int]) -> Callable[[Cells], Sequence[str]]:
    if len(indices) > 1:
        return itemgetter(*indices)
    return lambda cells: [cells[index] for index in indices]
