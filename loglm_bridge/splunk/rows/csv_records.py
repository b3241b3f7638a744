"""CSV from splunkd as records: the cells of each, and its text, which is passed on where a row stays as it came."""

from __future__ import annotations

import csv
import io
import re
from itertools import chain, islice
from typing import Iterator, Optional

from loglm_bridge.contract.errors import InputError

#: A row: the cells of Table.columns, in their order.
Cells = list[str]

#: Records one after the other: the cells of each, and of each the text without its end.
Block = tuple[list[Cells], list[str]]

#: Lines that are read at a time.
_LINES = 256

_BARE_CR = re.compile(rb"\r(?!\n)")
_VISIBLE_CR = "\u240d".encode()

#: Characters of the longest value; splunklib's own 10 MiB ends the search of whoever has a longer one.
_MAX_VALUE = 2**31 - 1


def blocks(body: bytes) -> Iterator[Block]:
    """Yield the records of a body, some at a time.

    A text is empty where what is added to it might be read as a part of its last cell. Bytes that are not UTF-8 become
    U+FFFD. Where the reader stops at a carriage return outside of quotes, what is left has visible ones.

    Raises:
        InputError: the body is not CSV.
    """
    csv.field_size_limit(_MAX_VALUE)
    lines = io.TextIOWrapper(io.BytesIO(body), encoding="utf-8", errors="replace", newline="\n")
    done, begun = 0, list[str]()
    while block := begun + list(islice(lines, max(_LINES, len(begun)))):
        records, error = _parsed(block)
        goes_on = len(block) > len(begun) and error is None and not _ended(block[-1], records[-1])
        begun = block[_lines_of(records[:-1]) :] if goes_on else []
        if goes_on:
            records.pop()
        if records:
            yield records, _texts(records, block)
        done += len(records)
        if error is not None:
            if not _BARE_CR.search(body):
                raise InputError(f"the rows that splunkd sent are not CSV ({error})") from error
            again = chain.from_iterable(zip(*one) for one in blocks(_BARE_CR.sub(_VISIBLE_CR, body)))
            yield from (([cells], [text]) for cells, text in islice(again, done, None))
            return


def _parsed(lines: list[str]) -> tuple[list[Cells], Optional[csv.Error]]:
    """Return the records of lines, and what came in place of the next one."""
    records = list[Cells]()
    try:
        return list(csv.reader(lines)), None
    except csv.Error:
        pass  # a list of what came before it is not to be had so fast
    try:
        for cells in csv.reader(lines):
            records.append(cells)
    except csv.Error as error:
        return records, error
    return records, None


def _texts(records: list[Cells], lines: list[str]) -> list[str]:
    """Return what each record was written as."""
    if len(records) == len(lines) and _ended(lines[-1], records[-1]):  # as a rule
        return [line.rstrip("\r\n") for line in lines]
    begin, texts = 0, list[str]()
    for cells in records:
        end = begin + _lines_of([cells])
        text = "".join(lines[begin:end])
        texts.append(text.rstrip("\r\n") if _ended(text, cells) else "")
        begin = end
    return texts


def _lines_of(records: list[Cells]) -> int:
    """Return how many lines records take that are ended: one each, and one for each line break in a value."""
    return len(records) + "".join(chain.from_iterable(records)).count("\n")


def _ended(text: str, cells: Cells) -> bool:
    """Tell whether a record was ended by its line's end, and not by the end of the body, perhaps within quotes."""
    return text[-1:] == "\n" and bool(cells) and cells[-1][-1:] != "\n"
