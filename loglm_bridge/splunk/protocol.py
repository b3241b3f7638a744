"""Search command protocol 2 ("chunked") on top of splunklib 2.1.1.

splunklib keeps what it does well: the settings of a getinfo answer and the writing of records with their `__mv_`
columns. The rest is its own here, each for a reason:

- errors: splunklib writes an inspector message and exits 1, which the user reads as "error code 1"; the protocol has
  the key `error` for a sentence (reference/SPLUNK.md 1.2);
- getinfo: splunklib fails where a parse-only probe brings no dispatch folder or times;
- a closed pipe: a user's cancel or `head 10`, which splunklib answers with a traceback;
- reading: splunklib stops at values above 10 MiB, at NUL (Python 3.9) and at a bare carriage return, loses columns
  that the first row lacks, and builds all rows of a chunk (up to 50,000) twice.
"""

from __future__ import annotations

import csv
import io
import json
import re
from typing import IO, Any, Iterator, Mapping, NoReturn, Optional

from splunklib.searchcommands import StreamingCommand
from splunklib.searchcommands.internals import CsvDialect, RecordWriterV2

from loglm_bridge.contract.errors import InputError
from loglm_bridge.splunk.columns import Value

Record = dict[str, Value]
Metadata = Mapping[str, Any]

_HEADER = re.compile(rb"chunked\s+1\.0\s*,\s*(\d{1,10})\s*,\s*(\d{1,12})\s*\n")

#: Bytes of the longest header line that is read.
_MAX_HEADER = 256

_MV = "__mv_"
_MV_VALUE = re.compile(r"\$((?:\$\$|[^$])*)\$(?:;|\Z)")

_BARE_CR = re.compile(rb"\r(?!\n)")
_VISIBLE_NUL, _VISIBLE_CR = "\u2400".encode(), "\u240d".encode()

#: Characters of the longest value; splunklib's own 10 MiB ends the search of whoever has a longer one.
_MAX_VALUE = 2**31 - 1


class SearchEnded(Exception):
    """splunkd closed the pipe: cancelled, or enough rows seen."""


class ChunkedCommand(StreamingCommand):  # type: ignore[misc]  # splunklib has no types
    """A command that answers getinfo with `configure` and each chunk of rows with `transform`; `ref` names its log."""

    ref = ""

    def log_end(self, how: str) -> None:
        """Log how the search ended."""

    def close(self) -> None:
        """Close what the search opened."""

    def configure(self, metadata: Metadata) -> None:
        """Prepare for the search that `metadata` (of getinfo) describes; raise a LogLMError to refuse it."""
        raise NotImplementedError

    def transform(self, records: Iterator[Record]) -> Iterator[Record]:
        """Yield what becomes of the rows of one chunk; every record has the same columns."""
        raise NotImplementedError

    def declared(self) -> Any:
        """Return what getinfo is answered with; `configure` was called before."""
        return self._configuration

    def last(self) -> Iterator[Record]:
        """Yield rows that follow those of the last chunk: what a reporting command has to say."""
        return iter(())

    def finished(self) -> None:
        """Write messages; called before the last answer of a search is sent."""
        raise NotImplementedError

    def stream(self, records: Iterator[Record]) -> Iterator[Record]:
        """Satisfy splunklib, which demands this name."""
        return self.transform(records)

    def serve(self, istream: IO[bytes], ostream: IO[bytes]) -> None:
        """Hold the conversation with splunkd up to its end.

        Raises:
            SearchEnded: splunkd closed the pipe.
            LogLMError: the search cannot go on; to be told with `fail`.
        """
        csv.field_size_limit(_MAX_VALUE)
        self._protocol_version = 2
        self._record_writer = RecordWriterV2(ostream)
        metadata, _ = read_chunk(istream)
        if metadata.get("action") != "getinfo":
            raise InputError(f"splunkd began with {str(metadata.get('action'))[:20]!r}, not with getinfo")
        self.configure(metadata)
        self._answer(lambda: self._record_writer.write_metadata(self.declared()))
        finished = False
        while not finished:
            finished = self._serve_chunk(*read_chunk(istream))

    def fail(self, sentence: str) -> None:
        """Stop the search with a sentence for its user; what was written since the last answer is dropped."""
        self._answer(lambda: self._record_writer._write_chunk([("finished", True), ("error", sentence)], ""))

    def tell(self, level: str, sentence: str) -> None:
        """Add a message of level INFO or WARN to the next answer."""
        # splunklib formats its text: braces in it would be taken for fields
        self._record_writer.write_message(level, "{}", sentence)

    def _serve_chunk(self, metadata: Metadata, body: bytes) -> bool:
        finished = bool(metadata.get("finished"))
        write = self._record_writer.write_record
        for record in self.transform(read_records(body)):
            write(record)
        if finished:
            for record in self.last():
                write(record)
            self.finished()
        self._answer(lambda: self._record_writer.write_chunk(finished=finished))
        return finished

    @staticmethod
    def _answer(write: Any) -> None:
        try:
            write()
        except OSError as error:  # EPIPE; EINVAL on Windows
            raise SearchEnded from error


def read_chunk(istream: IO[bytes]) -> tuple[Metadata, bytes]:
    """Read one record of the stream: metadata and CSV body.

    Raises:
        SearchEnded: the stream is at its end, or ends within the record.
        InputError: what comes is not a record of this protocol.
    """
    header = istream.readline(_MAX_HEADER)
    if not header:
        raise SearchEnded
    match = _HEADER.match(header)
    if match is None:
        raise InputError("what splunkd sent is not protocol 2", hint="set chunked = true in commands.conf")
    metadata, body = _exactly(istream, int(match[1])), _exactly(istream, int(match[2]))
    try:
        found = json.loads(metadata.decode("utf-8", "replace")) if metadata else {}
    except (ValueError, RecursionError):
        _not_metadata()
    return found if isinstance(found, dict) else _not_metadata(), body


def read_records(body: bytes) -> Iterator[Record]:
    """Yield the rows of a chunk; each has every column of the header, multivalue fields as lists.

    Bytes that are not UTF-8 become U+FFFD, NUL becomes its visible sign. `__mv_` columns are folded into the field they
    belong to. Raises InputError where the body is not CSV.
    """
    text = io.TextIOWrapper(io.BytesIO(_csv_safe(body)), encoding="utf-8", errors="replace", newline="\n")
    reader = csv.reader(text, dialect=CsvDialect)
    try:
        header = next(reader, [])
        plain = [(i, name) for i, name in enumerate(header) if not name.startswith(_MV)]
        listed = [(i, name[len(_MV) :]) for i, name in enumerate(header) if name.startswith(_MV)]
        width = len(header)
        for cells in reader:
            if len(cells) < width:
                cells += [""] * (width - len(cells))
            record: Record = {name: cells[i] for i, name in plain}
            for i, name in listed:
                if cells[i]:
                    record[name] = _values(cells[i])
                elif name not in record:
                    record[name] = ""
            yield record
    except csv.Error as error:
        raise InputError(f"the rows that splunkd sent are not CSV ({error})") from error


def _csv_safe(body: bytes) -> bytes:
    """Replace what Python's csv reader stops at: NUL (before 3.11), and a carriage return in a value without quotes."""
    if b"\0" in body:
        body = body.replace(b"\0", _VISIBLE_NUL)
    if _BARE_CR.search(body) and not _parses(body):
        body = _BARE_CR.sub(_VISIBLE_CR, body)
    return body


def _parses(body: bytes) -> bool:
    text = io.TextIOWrapper(io.BytesIO(body), encoding="utf-8", errors="replace", newline="\n")
    try:
        for _ in csv.reader(text, dialect=CsvDialect):
            pass
    except csv.Error:
        return False
    return True


def _values(text: str) -> Value:
    """Return the values of a `__mv_` cell: each in dollar signs, doubled inside, joined by semicolons."""
    return [value.replace("$$", "$") for value in _MV_VALUE.findall(text)]


def _exactly(istream: IO[bytes], size: int) -> bytes:
    data = istream.read(size)
    if len(data) < size:
        raise SearchEnded
    return data


def _not_metadata() -> NoReturn:
    raise InputError("the metadata that splunkd sent is not a JSON object")


def searchinfo(metadata: Metadata) -> Metadata:
    """Return what getinfo says about the search, an empty mapping in probes that say nothing."""
    found: Optional[Any] = metadata.get("searchinfo")
    return found if isinstance(found, dict) else {}
