"""Search command protocol 2 ("chunked"): reads records of splunkd and answers each (docs/dev/splunk-facts.md).

Our own implementation in place of splunklib's, with the same framing and rules (the tests compare the two):

- time: importing splunklib.searchcommands takes longer than all the rest of a getinfo, and a search runs several; its
  readers and writers handle a row as a mapping, cell by cell;
- errors: splunklib writes an inspector message and exits with 1, which the user sees as "error code 1"; the protocol
  has the key `error` for a message;
- getinfo: splunklib fails where a parse-only probe has no dispatch folder or times;
- a closed pipe (a user's cancel, or `head 10`): splunklib fails with a traceback;
- reading: splunklib stops at values above 10 MiB, at NUL (Python 3.9) and at a bare carriage return, loses columns
  that the first row lacks, and creates all rows of a chunk (up to 50,000) twice.
"""

from __future__ import annotations

import json
import re
from typing import IO, Any, Iterable, Iterator, Mapping, NoReturn, Optional

from loglm_bridge.contract.errors import InputError

Metadata = Mapping[str, Any]

_HEADER = re.compile(rb"chunked\s+1\.0\s*,\s*(\d{1,10})\s*,\s*(\d{1,12})\s*\n")

#: Maximum bytes of a header line.
_MAX_HEADER = 256


class SearchEnded(Exception):
    """splunkd closed the pipe: the search was cancelled, or has enough rows."""


class ChunkedCommand:
    """A command that answers getinfo with the result of `configure` and each chunk with the result of `transform`.

    `ref` is the reference id of its log lines.
    """

    ref = ""

    def __init__(self) -> None:
        self._ostream: Optional[IO[bytes]] = None
        self._messages: list[tuple[str, str]] = []

    def configure(self, metadata: Metadata) -> Mapping[str, Any]:
        """Prepare for the search that `metadata` (of getinfo) describes; return the answer to getinfo.

        Raises a LogLMError to refuse the search.
        """
        raise NotImplementedError

    def transform(self, body: bytes) -> Iterator[str]:
        """Yield the rows of a chunk as CSV, in pieces of any size."""
        raise NotImplementedError

    def final_rows(self) -> Iterator[str]:
        """Yield CSV that follows that of the last chunk: the result of a reporting command."""
        return iter(())

    def on_finished(self) -> None:
        """Add messages; called before the last answer of a search is sent."""
        raise NotImplementedError

    def log_end(self, outcome: str) -> None:
        """Log how the search ended: finished or cancelled."""

    def close(self) -> None:
        """Close the resources of the search."""

    def serve(self, istream: IO[bytes], ostream: IO[bytes]) -> None:
        """Answer splunkd until the search ends.

        Raises:
            SearchEnded: splunkd closed the pipe.
            LogLMError: the search cannot go on; report it with `fail`.
        """
        self._ostream = ostream
        metadata, _ = read_chunk(istream)
        if metadata.get("action") != "getinfo":
            raise InputError(f"splunkd started with {str(metadata.get('action'))[:20]!r}, not with getinfo")
        self._answer(self.configure(metadata))
        finished = False
        while not finished:
            finished = self._serve_chunk(*read_chunk(istream))

    def fail(self, message: str) -> None:
        """Stop the search with a message to its user; the rows of the current chunk are dropped."""
        self._answer({"finished": True, "error": message})

    def add_message(self, level: str, message: str) -> None:
        """Add a message of level INFO or WARN to the next answer."""
        self._messages.append((level, message))

    def _serve_chunk(self, metadata: Metadata, body: bytes) -> bool:
        finished = bool(metadata.get("finished"))
        pieces = [piece.encode("utf-8") for piece in self.transform(body)]
        if finished:
            pieces += [piece.encode("utf-8") for piece in self.final_rows()]
            self.on_finished()
        inspector = {"inspector": {"messages": self._messages}} if self._messages else {}
        self._messages = []
        self._answer({**inspector, "finished": finished}, pieces)
        return finished

    def _answer(self, metadata: Metadata, pieces: Iterable[bytes] = ()) -> None:
        assert self._ostream is not None  # noqa: S101 - for the type checker: set by `serve`
        try:
            write_chunk(self._ostream, metadata, list(pieces))
        except OSError as error:  # EPIPE; EINVAL on Windows
            raise SearchEnded from error


def read_chunk(istream: IO[bytes]) -> tuple[Metadata, bytes]:
    """Read one record of the stream: metadata and CSV body.

    Raises:
        SearchEnded: the stream ended, also within a record.
        InputError: the data are not a record of this protocol.
    """
    header = istream.readline(_MAX_HEADER)
    if not header:
        raise SearchEnded
    match = _HEADER.match(header)
    if match is None:
        raise InputError("splunkd sent something other than protocol 2", hint="set chunked = true in commands.conf")
    metadata, body = _read_exactly(istream, int(match[1])), _read_exactly(istream, int(match[2]))
    try:
        data = json.loads(metadata.decode("utf-8", "replace")) if metadata else {}
    except (ValueError, RecursionError):
        _refuse_metadata()
    return data if isinstance(data, dict) else _refuse_metadata(), body


def write_chunk(ostream: IO[bytes], metadata: Metadata, pieces: Iterable[bytes]) -> None:
    """Write one record of the stream. All pieces of its body are held, because its length comes first."""
    head, body = json.dumps(metadata, separators=(",", ":")).encode("ascii"), list(pieces)
    ostream.write(b"chunked 1.0,%d,%d\n" % (len(head), sum(map(len, body))))
    ostream.write(head)
    for piece in body:
        ostream.write(piece)
    ostream.flush()


def _read_exactly(istream: IO[bytes], size: int) -> bytes:
    data = istream.read(size)
    if len(data) < size:
        raise SearchEnded
    return data


def _refuse_metadata() -> NoReturn:
    raise InputError("the metadata that splunkd sent is not a JSON object")


def searchinfo(metadata: Metadata) -> Metadata:
    """Return what getinfo says about the search, an empty mapping in probes without it."""
    info: Optional[Any] = metadata.get("searchinfo")
    return info if isinstance(info, dict) else {}


def arguments_of(info: Metadata) -> list[str]:
    """Return the command's arguments from the result of `searchinfo`."""
    args = info.get("args")
    return [str(arg) for arg in args] if isinstance(args, list) else []
