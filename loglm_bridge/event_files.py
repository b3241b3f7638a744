"""Files of events to events: JSON lines or plain text lines, gzip or not, in bounded memory.

A line that is an object with the key "raw" is an event with its hints; every other line, whatever it looks like, is the
raw text of an event itself. Each line gives exactly one item, so there are as many rows out as lines in.
"""

from __future__ import annotations

import gzip
import json
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO, cast

from loglm_bridge.contract.errors import InputError, InvalidEvent
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.limits import MAX_BODY_BYTES
from loglm_bridge.telemetry import parse_record
from loglm_bridge.telemetry.scanning.timestamps import epoch_seconds

#: Bytes of one line that are held in memory; the sidecar accepts no larger request either.
MAX_LINE_BYTES = MAX_BODY_BYTES

#: Joins the values of several `--by` fields to one entity, as the search command does.
_ENTITY_SEPARATOR = "\x1f"

_GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Item:
    """One line: its id (the line's own, of any JSON type, else `file:line`), and its event or why there is none."""

    id: Any
    event: Event | None
    problem: str = ""


def read_items(paths: Sequence[str], by: Sequence[str] = ()) -> Iterator[Item]:
    """Yield the items of all lines of the files in order; "-" is standard input.

    `by` names the fields whose values make up the entity: keys of the line, else fields of the event's text.

    Raises:
        InputError: a file cannot be opened, or not be read to its end; the items before that were yielded.
    """
    for line, complete, location in _read_lines(paths):
        yield _item(line, complete, location, by)


def read_json_events(paths: Sequence[str]) -> Iterator[Event]:
    """Yield the events of files that hold JSON lines with the key "raw" and nothing else; empty lines are skipped.

    Raises:
        InputError: a file cannot be read, or a line is something else (a CSV file, plain text); names file and line.
    """
    for line, complete, location in _read_lines(paths):
        if not line.strip():
            continue
        data = _json_object(_decode(line)) if complete else None
        if data is None:
            raise InputError(
                "not a JSON object of one event",
                where=location,
                hint='give one JSON object with the key "raw" on each line; CSV and plain text are not read here',
            )
        try:
            yield Event.from_dict(data)
        except InvalidEvent as error:
            raise InputError(error.message, where=f"{location}{error.where}", hint="correct the line") from error


def _read_lines(paths: Sequence[str]) -> Iterator[tuple[bytes, bool, str]]:
    """Yield each line, whether it is complete, and `file:line`. Raises InputError."""
    for path in paths:
        name = "stdin" if path == "-" else path
        try:
            with _open(path) as stream:
                for number, (line, complete) in enumerate(_lines(stream), start=1):
                    yield line, complete, f"{name}:{number}"
        except FileNotFoundError as error:
            raise InputError("no such file", where=name, hint="name a file of events, or none to read stdin") from error
        except (OSError, EOFError, zlib.error) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise InputError(f"cannot be read to its end: {reason}", where=name, hint="check the file") from error


@contextmanager
def _open(path: str) -> Iterator[BinaryIO]:
    """Open a file or standard input. The first bytes tell gzip, so that pipes and unusual names work as well."""
    with nullcontext(sys.stdin.buffer) if path == "-" else Path(path).open("rb") as plain:
        if cast(BufferedReader, plain).peek(2)[:2] != _GZIP_MAGIC:
            yield plain
        else:
            with gzip.GzipFile(fileobj=plain) as unpacked:
                yield cast(BinaryIO, unpacked)


def _lines(stream: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    """Yield each line's first MAX_LINE_BYTES bytes without its end, and whether that is all of it."""
    while line := stream.readline(MAX_LINE_BYTES + 2):
        rest, complete = line, True
        while rest and not rest.endswith(b"\n"):
            rest = stream.readline(MAX_LINE_BYTES)
            complete = complete and not rest.strip(b"\r\n")
        text = line.removesuffix(b"\n").removesuffix(b"\r")
        yield text[:MAX_LINE_BYTES], complete and len(text) <= MAX_LINE_BYTES


def _item(line: bytes, complete: bool, location: str, by: Sequence[str]) -> Item:
    text = _decode(line)
    data = _json_object(text)
    if not complete and text.startswith("{"):
        return Item(location, None, f"the line is longer than {MAX_LINE_BYTES:,} bytes")
    if data is None:
        return Item(location, _with_entity(Event(raw=text), {}, by))
    line_id = location if data.get("id") is None else data["id"]
    raw = data["raw"]
    if not isinstance(raw, str):
        return Item(line_id, None, f'"raw" must be text, got {type(raw).__name__}')
    event = Event(
        raw=raw,
        sourcetype=_hint(data.get("sourcetype")),
        source=_hint(data.get("source")),
        host=_hint(data.get("host")),
        time=epoch_seconds(data.get("time")),
    )
    return Item(line_id, _with_entity(event, data, by))


def _decode(line: bytes) -> str:
    # bytes that are not UTF-8 become \xNN, which is how Splunk shows them in _raw
    return line.decode("utf-8", "backslashreplace").removeprefix("\ufeff")


def _json_object(text: str) -> dict[str, Any] | None:
    """Return the line as an object with the key "raw", None where it is anything else."""
    if not text.startswith("{"):
        return None
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) and "raw" in data else None


def _hint(value: Any) -> str:
    """Return a hint as text; what is neither text nor number is no hint, and never a reason to refuse an event."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else ""


def _with_entity(event: Event, data: dict[str, Any], by: Sequence[str]) -> Event:
    if not by:
        return event
    fields = {name: _hint(data[name]) for name in by if name in data}
    if len(fields) < len(by):
        fields = {**dict(reversed(parse_record(event).fields)), **fields}
    values = [fields.get(name, "") for name in by]
    return event._replace(entity=_ENTITY_SEPARATOR.join(values)) if any(values) else event
