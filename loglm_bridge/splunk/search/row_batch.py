"""Rows on their way through the model: what they are, what is asked about them, what came of it."""

from __future__ import annotations

from collections import Counter
from itertools import chain, repeat
from typing import Callable, Iterable, Iterator

from loglm_bridge.splunk.rows.csv_records import Cells

#: Rows that are written at a time. A text of many would be memory of its own, which the system clears each time.
_PIECE = 100


class Batch:
    """Some rows of a chunk, their cells and their CSV; `text` takes a row's event from its cells.

    `events` are the cells of the rows that have text, `asked` the places of these rows; the others have the status
    empty and the label cells `empty`.
    """

    def __init__(self, rows: Iterable[tuple[Cells, str]], text: Callable[[Cells], str], empty: str) -> None:
        self.events: list[Cells] = []
        self.asked: list[int] = []
        self._rows: list[str] = []
        for place, (cells, line) in enumerate(rows):
            self._rows.append(line)
            if text(cells).strip():
                self.asked.append(place)
                self.events.append(cells)
        self._labels = [empty] * len(self._rows)
        self._labelled: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def statuses(self) -> Counter[str]:
        """How many rows carry which status."""
        return self._labelled + Counter({"empty": len(self) - sum(self._labelled.values())})

    def label(self, places: Iterable[int], labelled: Iterable[tuple[str, str]]) -> None:
        """Give the rows at `places` a status, which is counted, and label cells."""
        statuses = []
        for place, (status, cells) in zip(places, labelled):
            self._labels[place] = cells
            statuses.append(status)
        self._labelled.update(statuses)

    def pieces(self, gap: str) -> Iterator[str]:
        """Yield the rows, with `gap` between their own cells and their labels."""
        for i in range(0, len(self._rows), _PIECE):
            part = slice(i, i + _PIECE)
            yield "".join(chain.from_iterable(zip(self._rows[part], repeat(gap), self._labels[part])))
