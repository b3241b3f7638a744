"""A batch of rows: their text, the events among them that are to be labelled, and their labels."""

from __future__ import annotations

from collections import Counter
from itertools import chain, repeat
from typing import Callable, Iterable, Iterator

from loglm_bridge.splunk.rows.csv_records import Cells

#: Rows that are written at a time. A longer text would be an allocation of its own, which the system clears each time.
_ROWS_PER_PIECE = 100


class RowBatch:
    """Some rows of a chunk as cells and CSV; `text` returns a row's event text from its cells.

    `events` are the cells of the rows that have text, `event_rows` the indices of these rows. The other rows have the
    status empty and the label cells `empty`.
    """

    def __init__(self, rows: Iterable[tuple[Cells, str]], text: Callable[[Cells], str], empty: str) -> None:
        self.events: list[Cells] = []
        self.event_rows: list[int] = []
        self._rows: list[str] = []
        for index, (cells, line) in enumerate(rows):
            self._rows.append(line)
            if text(cells).strip():
                self.event_rows.append(index)
                self.events.append(cells)
        self._label_cells = [empty] * len(self._rows)
        self._labelled: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def statuses(self) -> Counter[str]:
        """Number of rows by status."""
        return self._labelled + Counter({"empty": len(self) - sum(self._labelled.values())})

    def set_labels(self, indices: Iterable[int], labels: Iterable[tuple[str, str]]) -> None:
        """Set status and label cells of the rows at `indices`."""
        statuses = []
        for index, (status, cells) in zip(indices, labels):
            self._label_cells[index] = cells
            statuses.append(status)
        self._labelled.update(statuses)

    def pieces(self, separator: str) -> Iterator[str]:
        """Yield the rows as CSV in pieces, with `separator` between their own cells and their labels."""
        for i in range(0, len(self._rows), _ROWS_PER_PIECE):
            part = slice(i, i + _ROWS_PER_PIECE)
            yield "".join(chain.from_iterable(zip(self._rows[part], repeat(separator), self._label_cells[part])))
