"""CSV from splunkd as records: the cells of each, and its text, which is passed on where a row is unchanged."""

from __future__ import annotations

import csv
import io
import re
from itertools import chain, islice
from typing import Iterator, Optional

from loglm_bridge.contract.errors import InputError

#: A row as its cells, in the order of Table.columns.
Cells = list[str]

#: Successive records: the cells of each, and the text of each without its line end.
Block = tuple[list[Cells], list[str]]

#: Lines that are parsed at a time.
_BLOCK_LINES = 256

_BARE_CR = re.compile(rb"\r(?!\n)")
_VISIBLE_CR = "\u240d".encode()

#: Maximum characters of a value. splunklib's limit of 10 MiB ends searches with longer ones.
_MAX_VALUE = 2**31 - 1


def read_blocks(body: bytes) -> Iterator[Block]:
    """Yield the records of a CSV body, block by block.

    A record's text is empty where text appended to it might be read as part of its last cell. Bytes that are not UTF-8
    become U+FFFD. Where Python's reader stops at a carriage return outside quotes, the rest of the body is read with
    U+240D in place of bare carriage returns.

    Raises:
        InputError: the body is not CSV.
    """
    csv.field_size_limit(_MAX_VALUE)
    lines = io.TextIOWrapper(io.BytesIO(body), encoding="utf-8", errors="replace", newline="\n")
    record_count, carried_over = 0, list[str]()
    while block := carried_over + list(islice(lines, max(_BLOCK_LINES, len(carried_over)))):
        records, error = _parse(block)
        is_partial = len(block) > len(carried_over) and error is None and not _is_ended(block[-1], records[-1])
        carried_over = block[_line_count(records[:-1]) :] if is_partial else []
        if is_partial:
            records.pop()
        if records:
            yield records, _texts(records, block)
        record_count += len(records)
        if error is not None:
            if not _BARE_CR.search(body):
                raise InputError(f"the rows that splunkd sent are not CSV ({error})") from error
            replaced = chain.from_iterable(zip(*part) for part in read_blocks(_BARE_CR.sub(_VISIBLE_CR, body)))
            yield from (([cells], [text]) for cells, text in islice(replaced, record_count, None))
            return


def _parse(lines: list[str]) -> tuple[list[Cells], Optional[csv.Error]]:
    """Return the records of lines, and the error in place of the next record, if any."""
    records = list[Cells]()
    try:
        return list(csv.reader(lines)), None
    except csv.Error:
        pass  # the fast call above loses the records before the error, so they are read one by one
    try:
        for cells in csv.reader(lines):
            records.append(cells)
    except csv.Error as error:
        return records, error
    return records, None


def _texts(records: list[Cells], lines: list[str]) -> list[str]:
    """Return the text of each record."""
    if len(records) == len(lines) and _is_ended(lines[-1], records[-1]):  # the usual case
        return [line.rstrip("\r\n") for line in lines]
    begin, texts = 0, list[str]()
    for cells in records:
        end = begin + _line_count([cells])
        text = "".join(lines[begin:end])
        texts.append(text.rstrip("\r\n") if _is_ended(text, cells) else "")
        begin = end
    return texts


def _line_count(records: list[Cells]) -> int:
    """Return the number of lines of complete records: one each, and one for each line break in a value."""
    return len(records) + "".join(chain.from_iterable(records)).count("\n")


def _is_ended(text: str, cells: Cells) -> bool:
    """Return whether a line end ends a record, and not the end of the body, perhaps within quotes."""
    return text[-1:] == "\n" and bool(cells) and cells[-1][-1:] != "\n"
