"""The rows of one chunk: CSV from splunkd to cells, cells to CSV (reference/SPLUNK.md 1.1).

Rows are lists of cells, not mappings: a chunk has up to 50,000 of them. The csv module reads them (records.py). It does
not write: it looks at one character after the other, which for an event of 1 kB takes longer than all else that a
search does. A row that stays as it came is not written at all: its lines are passed on.
"""

from __future__ import annotations

import re
from itertools import chain
from operator import itemgetter
from typing import Callable, Container, Iterable, Iterator, Mapping, Sequence

from loglm_bridge.splunk.rows.columns import Value
from loglm_bridge.splunk.rows.csv_records import Block, Cells, blocks

#: What ends a row that is written.
ROW_END = "\r\n"

#: What the name of the second cell of a field begins with: the one that spells its values where it has several.
MV = "__mv_"

_MV_VALUE = re.compile(r"\$((?:\$\$|[^$])*)\$(?:;|\Z)")

_VISIBLE_NUL = "\u2400".encode()


class Table:
    """The rows of a chunk's CSV, read from `body` as they are asked for; fields in `without` are left out.

    `columns` names the cells that each row has. A multivalue field has a second cell, in the column `__mv_<field>`,
    that spells its values; the first cell then holds them as lines. Bytes that are not UTF-8 become U+FFFD, NUL becomes
    its visible sign. Raises InputError, also while rows are read, where the body is not CSV.
    """

    def __init__(self, body: bytes, without: Container[str] = ()) -> None:
        # Python's csv reader before 3.11 stops at NUL
        coming = blocks(body.replace(b"\0", _VISIBLE_NUL) if b"\0" in body else body)
        nothing: Block = [[]], [""]
        records, texts = next(coming, nothing)
        self._blocks: Iterator[Block] = chain([(records[1:], texts[1:])], coming)
        header = records[0]
        places = _layout(header, without)
        self.columns = list(places)
        self._places = {name: i for i, name in enumerate(places)}
        self._width = len(header)
        # as a rule all columns are wanted in the order in which they come
        self._moved = None if list(places.values()) == list(range(self._width)) else list(places.values())
        self._lists = {self._places[name[len(MV) :]]: i for name, i in self._places.items() if name.startswith(MV)}
        self._listed = _getter(list(self._lists.values()))

    def __iter__(self) -> Iterator[Cells]:
        return (cells for cells, _ in self.rows())

    def rows(self) -> Iterator[tuple[Cells, str]]:
        """Yield the cells of each row, and the row as CSV without its end."""
        for records, texts in self._blocks:
            as_they_came = self._moved is None and all(texts) and set(map(len, records)) <= {self._width}
            if as_they_came and not any(chain.from_iterable(map(self._listed, records))):
                yield from zip(records, texts)
            else:
                yield from map(self._row, records, texts)

    def _row(self, cells: Cells, text: str) -> tuple[Cells, str]:
        if len(cells) != self._width:
            cells, text = [*cells[: self._width], *[""] * (self._width - len(cells))], ""
        if self._moved is not None:
            cells.append("")
            cells, text = [cells[i] for i in self._moved], ""
        if any(self._listed(cells)):
            text = ""
            for place, other in self._lists.items():
                if cells[other]:
                    cells[place], cells[other] = cells_of(values_of(cells[other]))
        return cells, text or csv_row(cells)

    def getter(self, name: str) -> Callable[[Cells], str]:
        """Return what takes the text of a field from a row; a field that the chunk lacks is empty text."""
        return itemgetter(self._places[name]) if name in self._places else lambda _: ""

    def records(self) -> Iterator[dict[str, Value]]:
        """Yield the rows as mappings from field to text, or to a list of texts where the field is multivalue."""
        fields = [(name, i, self._lists.get(i, i)) for name, i in self._places.items() if not name.startswith(MV)]
        for cells in self:
            yield {
                name: values_of(cells[other]) if other != place and cells[other] else cells[place]
                for name, place, other in fields
            }


def csv_row(cells: Iterable[str]) -> str:
    """Return cells as a row of CSV, without its end; what it holds is what csv.writer would write."""
    return ",".join([_quoted(cell) if cell else cell for cell in cells])


def csv_values(values: Iterable[Value]) -> str:
    """Return fields as a row of CSV, two cells each, without its end."""
    # the second cell of a single text is empty, and of a label's fields half hold nothing at all
    return ",".join(
        ["," if not one else _quoted(one) + "," if isinstance(one, str) else csv_row(cells_of(one)) for one in values]
    )


def csv_rows(records: Iterable[Mapping[str, Value]]) -> Iterator[str]:
    """Yield records as rows of CSV, the names of their fields first; all have the fields of the first one."""
    names: list[str] = []
    for record in records:
        if not names:
            names = list(record)
            yield csv_head(names) + ROW_END
        yield csv_values([record[name] for name in names]) + ROW_END


def csv_head(names: Iterable[str]) -> str:
    """Return the header above `csv_values`, without its end."""
    return csv_row([column for name in names for column in (name, MV + name)])


def cells_of(value: Value) -> tuple[str, str]:
    """Return the two cells of a field: its text, and what spells its values where it has several."""
    if isinstance(value, str):
        return value, ""
    if len(value) < 2:
        return (value[0] if value else ""), ""
    lines = "\n".join(value)
    return lines, "$" + "$;$".join([one.replace("$", "$$") for one in value] if "$" in lines else value) + "$"


def values_of(text: str) -> list[str]:
    """Return the values of a `__mv_` cell: each in dollar signs, doubled inside, joined by semicolons."""
    return [value.replace("$$", "$") for value in _MV_VALUE.findall(text)]


def _quoted(cell: str) -> str:
    if '"' in cell or "," in cell or "\n" in cell or "\r" in cell:
        return '"' + cell.replace('"', '""') + '"'
    return cell


def _layout(header: Sequence[str], without: Container[str]) -> dict[str, int]:
    """Return the columns of a row, and of each its place in what splunkd sends; len(header) where it is not there.

    Of columns of one name the last one is taken. A column of values has the field's own before or behind it.
    """
    sent = {name: i for i, name in enumerate(header)}
    places: dict[str, int] = {}
    for name in sent:
        family = [name]
        while family[-1].startswith(MV):
            family.append(family[-1][len(MV) :])
        if family[-1] not in without:
            places.update({one: sent.get(one, len(header)) for one in family})
    return places


def _getter(places: Sequence[int]) -> Callable[[Cells], Sequence[str]]:
    if len(places) > 1:
        return itemgetter(*places)
    return lambda cells: [cells[place] for place in places]
