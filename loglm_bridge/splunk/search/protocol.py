"""Search command protocol 2 ("chunked"): records of splunkd in, one answer to each (reference/SPLUNK.md 1.1, 1.2).

Of our own, not splunklib's, whose framing and rules it keeps (the tests compare the two):

- time: importing splunklib.searchcommands takes longer than all the rest of a getinfo, of which a search pays several;
  its readers and writers handle a row as a mapping, cell by cell;
- errors: splunklib writes an inspector message and exits 1, which the user reads as "error code 1"; the protocol has
  the key `error` for a sentence;
- getinfo: splunklib fails where a parse-only probe brings no dispatch folder or times;
- a closed pipe: a user's cancel or `head 10`, which splunklib answers with a traceback;
- reading: splunklib stops at values above 10 MiB, at NUL (Python 3.9) and at a bare carriage return, loses columns
  that the first row lacks, and builds all rows of a chunk (up to 50,000) twice.
"""

from __future__ import annotations

import json
import re
from typing import IO, Any, Iterable, Iterator, Mapping, NoReturn, Optional

from loglm_bridge.contract.errors import InputError

Metadata = Mapping[str, Any]

_HEADER = re.compile(rb"chunked\s+1\.0\s*,\s*(\d{1,10})\s*,\s*(\d{1,12})\s*\n")

#: Bytes of the longest header line that is read.
_MAX_HEADER = 256


class SearchEnded(Exception):
    """splunkd closed the pipe: cancelled, or enough rows seen."""


class ChunkedCommand:
    """A command that answers getinfo with what `configure` returns and each chunk with what `transform` makes of it.

    `ref` names what it logs.
    """

    ref = ""

    def __init__(self) -> None:
        self._ostream: Optional[IO[bytes]] = None
        self._messages: list[tuple[str, str]] = []

    def configure(self, metadata: Metadata) -> Mapping[str, Any]:
        """Prepare for the search that `metadata` (of getinfo) describes; return what getinfo is answered with.

        Raises a LogLMError to refuse the search.
        """
        raise NotImplementedError

    def transform(self, body: bytes) -> Iterator[str]:
        """Yield what becomes of a chunk of rows, CSV in pieces of any size."""
        raise NotImplementedError

    def last(self) -> Iterator[str]:
        """Yield CSV that follows that of the last chunk: what a reporting command has to say."""
        return iter(())

    def finished(self) -> None:
        """Write messages; called before the last answer of a search is sent."""
        raise NotImplementedError

    def log_end(self, how: str) -> None:
        """Log how the search ended."""

    def close(self) -> None:
        """Close what the search opened."""

    def serve(self, istream: IO[bytes], ostream: IO[bytes]) -> None:
        """Hold the conversation with splunkd up to its end.

        Raises:
            SearchEnded: splunkd closed the pipe.
            LogLMError: the search cannot go on; to be told with `fail`.
        """
        self._ostream = ostream
        metadata, _ = read_chunk(istream)
        if metadata.get("action") != "getinfo":
            raise InputError(f"splunkd began with {str(metadata.get('action'))[:20]!r}, not with getinfo")
        self._answer(self.configure(metadata))
        finished = False
        while not finished:
            finished = self._serve_chunk(*read_chunk(istream))

    def fail(self, sentence: str) -> None:
        """Stop the search with a sentence for its user; what was made of the present chunk is dropped."""
        self._answer({"finished": True, "error": sentence})

    def tell(self, level: str, sentence: str) -> None:
        """Add a message of level INFO or WARN to the next answer."""
        self._messages.append((level, sentence))

    def _serve_chunk(self, metadata: Metadata, body: bytes) -> bool:
        finished = bool(metadata.get("finished"))
        pieces = [piece.encode("utf-8") for piece in self.transform(body)]
        if finished:
            pieces += [piece.encode("utf-8") for piece in self.last()]
            self.finished()
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


def write_chunk(ostream: IO[bytes], metadata: Metadata, pieces: Iterable[bytes]) -> None:
    """Write one record of the stream, whose body comes in pieces: its length leads it, so all of them are held."""
    head, held = json.dumps(metadata, separators=(",", ":")).encode("ascii"), list(pieces)
    ostream.write(b"chunked 1.0,%d,%d\n" % (len(head), sum(map(len, held))))
    ostream.write(head)
    for piece in held:
        ostream.write(piece)
    ostream.flush()


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
