"""Files of events to events: JSON lines or plain text lines, gzip or not, in bounded memory.

A line that is an object with the key "raw" is an event with its hints; every other line, whatever it looks like, is the
raw text of an event itself. Each line gives exactly one item, so rows out are lines in.
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

from loglm_bridge.contract.errors import InputError
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.limits import MAX_BODY_BYTES
from loglm_bridge.telemetry import parse_record as read_record
from loglm_bridge.telemetry.scanning.timestamps import epoch_seconds

#: Bytes of one line that are kept in memory; a sidecar takes no larger request either.
MAX_LINE_BYTES = MAX_BODY_BYTES

#: Joins the values of several `--by` fields to one entity, as the search command does.
_JOIN = "\x1f"

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
    for path in paths:
        name = "stdin" if path == "-" else path
        try:
            with _open(path) as stream:
                for number, (line, whole) in enumerate(_lines(stream), start=1):
                    yield _item(line, whole, f"{name}:{number}", by)
        except FileNotFoundError as error:
            raise InputError("no such file", where=name, hint="name a file of events, or none to read stdin") from error
        except (OSError, EOFError, zlib.error) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise InputError(f"cannot be read to its end: {reason}", where=name, hint="check the file") from error


@contextmanager
def _open(path: str) -> Iterator[BinaryIO]:
    """Open a file or standard input; gzip is known by its first bytes, so that pipes and odd names work as well."""
    with nullcontext(sys.stdin.buffer) if path == "-" else Path(path).open("rb") as plain:
        if cast(BufferedReader, plain).peek(2)[:2] != _GZIP_MAGIC:
            yield plain
        else:
            with gzip.GzipFile(fileobj=plain) as unpacked:
                yield cast(BinaryIO, unpacked)


def _lines(stream: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    """Yield each line's first MAX_LINE_BYTES bytes without its end, and whether that is all of it."""
    while line := stream.readline(MAX_LINE_BYTES + 2):
        rest, whole = line, True
        while rest and not rest.endswith(b"\n"):
            rest = stream.readline(MAX_LINE_BYTES)
            whole = whole and not rest.strip(b"\r\n")
        text = line.removesuffix(b"\n").removesuffix(b"\r")
        yield text[:MAX_LINE_BYTES], whole and len(text) <= MAX_LINE_BYTES


def _item(line: bytes, whole: bool, place: str, by: Sequence[str]) -> Item:
    # bytes that are no UTF-8 become \xNN, which is how Splunk shows them in _raw
    text = line.decode("utf-8", "backslashreplace").removeprefix("\ufeff")
    data = _object(text) if text.startswith("{") else None
    if not whole and text.startswith("{"):
        return Item(place, None, f"the line is longer than {MAX_LINE_BYTES:,} bytes")
    if data is None:
        return Item(place, _with_entity(Event(raw=text), {}, by))
    own = data.get("id")
    raw = data["raw"]
    if not isinstance(raw, str):
        return Item(place if own is None else own, None, f'"raw" must be text, got {type(raw).__name__}')
    event = Event(
        raw=raw,
        sourcetype=_hint(data.get("sourcetype")),
        source=_hint(data.get("source")),
        host=_hint(data.get("host")),
        time=epoch_seconds(data.get("time")),
    )
    return Item(place if own is None else own, _with_entity(event, data, by))


def _object(text: str) -> dict[str, Any] | None:
    """Return the line as an object with the key "raw", None where it is anything else."""
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
    found = {name: _hint(data[name]) for name in by if name in data}
    if len(found) < len(by):
        found = {**dict(reversed(read_record(event).fields)), **found}
    values = [found.get(name, "") for name in by]
    return event._replace(entity=_JOIN.join(values)) if any(values) else event
