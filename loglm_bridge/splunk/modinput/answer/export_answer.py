"""The answer of search/v2/jobs/export: one JSON document per line, read as it arrives.

splunklib's JSONResultsReader holds the whole answer in memory and keeps one message of several. It also refuses what
splunkd really sends: bytes that are not UTF-8 and raw control characters inside strings (docs/dev/splunk-facts.md).
"""

from __future__ import annotations

import io
import json
import re
from typing import Any, Iterator, Mapping, Optional

from loglm_bridge.contract.limits import MAX_ECHO
from loglm_bridge.contract.row import Row
from loglm_bridge.contract.safe_text import one_line
from loglm_bridge.splunk.config.splunkd_rest import SplunkdError
from loglm_bridge.splunk.modinput.answer import search_messages

#: Maximum bytes of a document; splunkd indexes no event near that size.
_MAX_DOCUMENT = 64 * 1024 * 1024

#: Bytes of an empty line; some answers begin with a byte order mark.
_BLANK = b"\xef\xbb\xbf \r\n"

#: A quotation mark that no backslash escapes.
_QUOTE = re.compile(rb'(?<!\\)(?:\\\\)*"')

_EMPTY = (
    "the answer to the search is empty: the search failed while it ran"
    " (without events, splunkd answers with a mark that says so)"
)


class ExportStream:
    """The final rows of an answer, read from `stream` as they are requested.

    `notices` are the texts of errors that remove no events, each once. Iterating raises SplunkdError where the answer
    is empty, cut off or malformed, or a message says that events are missing.
    """

    def __init__(self, stream: io.RawIOBase) -> None:
        self.notices: dict[str, None] = {}
        self._lines = io.BufferedReader(stream)

    def __iter__(self) -> Iterator[Row]:
        is_empty, is_complete = True, False
        for document in self._documents():
            self._read_messages(document)
            result, is_last = document.get("result"), bool(document.get("lastrow"))
            if document.get("preview") or not (is_last or isinstance(result, dict)):
                continue
            is_empty, is_complete = False, is_last
            if isinstance(result, dict):
                yield _row(result)
        if is_empty:
            raise SplunkdError(_EMPTY, hint="inspect the search's job, or run the search by hand")
        if not is_complete:
            raise SplunkdError("the answer to the search ended early")

    def _documents(self) -> Iterator[Mapping[str, Any]]:
        while line := self._lines.readline(_MAX_DOCUMENT):
            if not line.strip(_BLANK):
                continue
            document = _parse(line)
            # a raw line break inside a string divides a document
            while document is None and _is_open(line) and (rest := self._rest_of_string(len(line))):
                line += rest
                document = _parse(line)
            if not isinstance(document, dict):
                raise SplunkdError("the answer to the search is cut off or does not consist of JSON objects")
            yield document

    def _rest_of_string(self, size: int) -> bytes:
        """Return the lines up to the one in which a string ends; empty at the end of the answer."""
        lines: list[bytes] = []
        while size < _MAX_DOCUMENT and (line := self._lines.readline(_MAX_DOCUMENT - size)):
            lines.append(line)
            size += len(line)
            if _is_open(line):  # an odd number of quotation marks: the string ends, and no other begins
                return b"".join(lines)
        return b""

    def _read_messages(self, document: Mapping[str, Any]) -> None:
        for level, text in search_messages.texts_of(document):
            shown = one_line(text, MAX_ECHO)
            if search_messages.means_missing_events(level, text):
                raise SplunkdError(
                    f"the search failed or is incomplete: {shown}", hint="correct the search or inspect its job"
                )
            if level == "ERROR":
                self.notices[shown] = None


def _parse(line: bytes) -> Optional[Any]:
    try:
        return json.loads(line.decode("utf-8-sig", "replace"), strict=False)
    except (ValueError, RecursionError):
        return None


def _is_open(line: bytes) -> bool:
    """Return whether an odd number of strings begin or end in a line."""
    return len(_QUOTE.findall(line)) % 2 == 1


def _row(result: Mapping[str, Any]) -> Row:
    return {
        name: [v for v in value if isinstance(v, str)] if isinstance(value, list) else [str(value)]
        for name, value in result.items()
        if value is not None
    }
