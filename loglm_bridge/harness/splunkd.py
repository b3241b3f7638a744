"""A double of splunkd for search commands: its side of the chunked protocol, version 1.0, over the pipes of a process.

A record is the line `chunked 1.0,<bytes of metadata>,<bytes of body>`, then the metadata (JSON), then the body (CSV).
splunkd sends getinfo, then one chunk of rows at a time, and waits for the answer to each. The record layout and the
column order are those of splunkd 8.2.1.
"""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import IO, Any

from loglm_bridge.contract.errors import LogLMError

#: A row: the value of each field, a list where it has several.
Row = dict[str, str | list[str]]

#: The first line of a record: bytes of metadata, bytes of body.
HEADER = re.compile(rb"chunked 1\.0,(\d+),(\d+)\n")

#: The column by which splunkd joins the rows of an answer to those that it sent.
ROW_NUMBER = "_chunked_idx"

#: The column `__mv_<field>` holds the values of a multivalue field: each between dollar signs, a dollar sign doubled.
_MV = "__mv_"
_MV_VALUE = re.compile(r"(?<![^;])\$((?:[^$]|\$\$)*+)\$(?:;|\Z)")

#: Default properties of a search in getinfo.
_SEARCHINFO: Mapping[str, Any] = {
    "sid": "loglm_demo.1",
    "command": "loglm",
    "earliest_time": "0",
    "latest_time": "0",
    "maxresultrows": 50_000,
    **dict.fromkeys(("app", "dispatch_dir", "owner", "search", "splunk_version", "username"), ""),
}


class SearchError(LogLMError):
    """The search command broke the protocol, or reported that it cannot go on."""

    code, status, hint = "search", 0, "run `loglm demo --keep` and look at the logs in the folder that it names"


def frame(metadata: Mapping[str, Any], body: bytes = b"") -> bytes:
    """Return one record of the protocol."""
    return _head(metadata, body) + body


def getinfo(args: Sequence[str] = (), **searchinfo: Any) -> dict[str, Any]:
    """Return the metadata of the first record: a search whose command has these arguments."""
    info = {"args": list(args), "raw_args": list(args), **_SEARCHINFO, **searchinfo}
    return {"action": "getinfo", "preview": False, "streaming_command_will_restart": False, "searchinfo": info}


def encode_rows(rows: Sequence[Mapping[str, str | list[str]]], columns: Sequence[str] | None = None) -> bytes:
    """Return rows as the body of a chunk: LF ends a line, and each column has a `__mv_` column behind all others.

    `columns` defaults to the fields of the first row. A lone surrogate, which UTF-8 cannot write, becomes "?".
    """
    columns = list(columns or (rows[0] if rows else ()))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*columns, *(_MV + name for name in columns)])
    writer.writerows(_cells([row.get(name, "") for name in columns]) for row in rows)
    return text.getvalue().encode("utf-8", "replace")


def encode_multivalue(values: str | list[str]) -> str:
    """Return the text of a `__mv_` cell; empty for a single value."""
    return "" if isinstance(values, str) else ";".join("$" + value.replace("$", "$$") + "$" for value in values)


def decode_rows(body: bytes) -> list[Row]:
    """Return the rows of an answer; a field with a `__mv_` cell is a list.

    Raises:
        SearchError: a row has more or fewer cells than the header has columns.
    """
    csv.field_size_limit(sys.maxsize)  # one limit for the whole process; splunklib sets it too
    rows: list[Row] = []
    for cells in csv.DictReader(io.StringIO(body.decode("utf-8"), newline="")):
        if None in cells or None in cells.values():
            raise SearchError(f"row {len(rows)} of an answer has more or fewer cells than columns")
        row: Row = {name: value for name, value in cells.items() if not name.startswith(_MV)}
        for name in row:
            values = _MV_VALUE.findall(cells.get(_MV + name) or "")
            if values:
                row[name] = [value.replace("$$", "$") for value in values]
        rows.append(row)
    return rows


def messages(metadata: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the messages of an answer that splunkd shows to the user: (level, text)."""
    return [(level, text) for level, text in metadata.get("inspector", {}).get("messages", [])]


class SearchProcess:
    """The process of a search command and the conversation with it. Leaving the `with` block ends the process."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str], stderr: int | None = None) -> None:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=stderr, env=dict(env))  # noqa: S603
        self._stdin, self._stdout = _pipe(self.process.stdin), _pipe(self.process.stdout)

    def __enter__(self) -> SearchProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def kill(self) -> None:
        """End the process, if it still runs, and close its pipes."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()

    def send(self, *pieces: bytes) -> None:
        """Write bytes to the command."""
        for piece in pieces:
            self._stdin.write(piece)
        self._stdin.flush()

    def receive_record(self) -> tuple[bytes, bytes]:
        """Return the metadata and the body of the next answer. Raises SearchError if what comes is no record."""
        header = HEADER.fullmatch(self._stdout.readline(200))
        if header is None:
            raise SearchError("the command wrote no record")
        metadata, body = (self._stdout.read(int(size)) for size in header.groups())
        return metadata, body

    def ask(self, metadata: Mapping[str, Any], body: bytes = b"") -> tuple[bytes, bytes]:
        """Send a record and return the metadata and the body of its answer. Raises SearchError if none comes."""
        try:
            self.send(_head(metadata, body), body)  # two pieces: a body of megabytes is not copied
            return self.receive_record()
        except (BrokenPipeError, SearchError):
            raise SearchError(f"no answer to {metadata['action']}") from None

    def close_input(self) -> None:
        """Close the command's stdin, as splunkd does at the end. Raises SearchError if the command wrote more."""
        self._stdin.close()
        if self._stdout.read(1):
            raise SearchError("the command wrote more than its answers")


def raise_error(metadata: bytes) -> None:
    """Raise SearchError where the metadata of an answer reports an error."""
    error = json.loads(metadata).get("error") if b'"error"' in metadata else None
    if error:
        raise SearchError(str(error))


def _head(metadata: Mapping[str, Any], body: bytes) -> bytes:
    text = json.dumps(metadata).encode()
    return b"chunked 1.0,%d,%d\n" % (len(text), len(body)) + text


def _cells(values: Sequence[str | list[str]]) -> Iterator[str]:
    yield from (value if isinstance(value, str) else "\n".join(value) for value in values)
    yield from map(encode_multivalue, values)


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None  # noqa: S101 - for the type checker: Popen made it
    return pipe
