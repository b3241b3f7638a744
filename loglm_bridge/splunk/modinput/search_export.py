"""The events of one window, streamed from search/v2/jobs/export.

splunklib's JSONResultsReader holds the whole answer in memory and keeps one message of several. So the answer is read
here: one JSON document per line (docs/dev/splunk-facts.md).
"""

from __future__ import annotations

import io
import json
import re
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Iterator, Mapping, Optional, Sequence

from splunklib.client import Service

from loglm_bridge.contract.limits import MAX_ECHO
from loglm_bridge.contract.row import Row
from loglm_bridge.contract.safe_text import one_line
from loglm_bridge.splunk.config.splunkd_rest import CALL_ERRORS, SplunkdError, error_of_call
from loglm_bridge.splunk.modinput.index_time_window import Window

#: Maximum bytes of a line; splunkd indexes no event near that size.
_MAX_LINE = 64 * 1024 * 1024

#: Maximum seconds of an event's own time after the window; MAX_DAYS_HENCE of props.conf is 2 days.
_MAX_AHEAD = 3 * 86_400

#: Fields that are read of each event. The command `fields` also makes Splunk extract them.
FIELDS = (
    "_time", "_indextime", "_raw", "index", "source", "sourcetype", "host", "splunk_server",
    "src", "src_ip", "src_host", "src_user", "src_port", "dest", "dest_ip", "dest_host", "dest_port", "dvc", "user",
    "process", "process_name", "parent_process", "parent_process_name", "file_name", "file_path", "file_hash",
    "url", "app", "action", "signature", "signature_id", "vendor_product",
)  # fmt: skip

#: Warnings that mean that results are missing.
_INCOMPLETE = re.compile(r"incomplete|unable to distribute|could not be (reached|contacted)|timed? ?out", re.IGNORECASE)

#: Bytes of an empty line; some answers begin with a byte order mark.
_BLANK = b"\xef\xbb\xbf \r\n"


def read_window(service: Service, search: str, window: Window, max_event_age: int) -> Iterator[Row]:
    """Yield the events that were indexed in the window; `_time` and `_indextime` are epoch seconds as text.

    The bounds are parameters of the call, not part of the search. Rows outside the window are dropped, so it does not
    matter whether splunkd includes its upper bound. `max_event_age` (seconds, 0: any) bounds the events' own time, by
    which Splunk chooses buckets.

    Raises:
        SplunkdError: the search failed, its answer ended early, or it does not return events.
    """
    params = {
        "earliest_time": max(0, window.start - max_event_age) if max_event_age else 0,
        "latest_time": window.end + _MAX_AHEAD,
        "index_earliest": window.start,
        "index_latest": window.end,
    }
    query = f"{search} | fields {', '.join(FIELDS)}"
    documents = 0
    with _export(service, query, params) as answer:
        for row in answer:
            index_time = _integer(row.get("_indextime"))
            if index_time is None or "_raw" not in row:
                raise SplunkdError(
                    "the search returns rows that are not events", hint="remove stats, table and similar commands"
                )
            if index_time in window:
                yield {**row, "_time": [_epoch_text(row.get("_time"))]}
        documents = answer.documents
    if not documents:
        # a search process that crashes at once leaves an empty answer as well, so the search is repeated
        with _export(service, query, params) as repeated:
            if any(repeated):
                raise SplunkdError("the same search returned no events at first, then some")


class ExportStream:
    """The final rows of an answer, read from `stream` as they are requested.

    `documents` counts rows and the end mark; 0 means that the answer does not even state that there are no events.
    Iterating raises SplunkdError if a message says that the search failed, or the answer is cut off or malformed.
    """

    def __init__(self, stream: io.RawIOBase) -> None:
        self.documents = 0
        self._lines = io.BufferedReader(stream)

    def __iter__(self) -> Iterator[Row]:
        complete = True
        while line := self._lines.readline(_MAX_LINE):
            if not line.strip(_BLANK):
                continue
            document = _document(line)
            _check_messages(document)
            result, is_last = document.get("result"), bool(document.get("lastrow"))
            if document.get("preview") or not (is_last or isinstance(result, dict)):
                continue
            self.documents, complete = self.documents + 1, is_last
            if isinstance(result, dict):
                yield _row(result)
        if not complete:
            raise SplunkdError("the answer to the search ended early")


@contextmanager
def _export(service: Service, query: str, params: Mapping[str, int]) -> Iterator[ExportStream]:
    """Run a search; a failure while its answer is read is raised as a SplunkdError."""
    try:
        stream = service.jobs.export(query, output_mode="json", preview="0", search_mode="normal", **params)
        try:
            yield ExportStream(stream)
        finally:
            stream.close()
    except CALL_ERRORS as error:
        raise error_of_call(error, "reading events") from error


def _document(line: bytes) -> Mapping[str, Any]:
    try:
        document = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise SplunkdError("the answer to the search is cut off or not JSON") from error
    if not isinstance(document, dict):
        raise SplunkdError("the answer to the search does not consist of JSON objects")
    return document


def _check_messages(document: Mapping[str, Any]) -> None:
    messages = document.get("messages")
    for message in messages if isinstance(messages, list) else ():
        level, text = str(message.get("type", "")).upper(), str(message.get("text", ""))
        if level in ("ERROR", "FATAL") or (level == "WARN" and _INCOMPLETE.search(text)):
            raise SplunkdError(
                f"the search failed: {one_line(text, MAX_ECHO)}", hint="correct the search or inspect its job"
            )


def _row(result: Mapping[str, Any]) -> Row:
    return {
        name: [v for v in value if isinstance(v, str)] if isinstance(value, list) else [str(value)]
        for name, value in result.items()
        if value is not None
    }


def _integer(values: Optional[Sequence[str]]) -> Optional[int]:
    return int(values[0]) if values and values[0].isascii() and values[0].isdigit() else None


def _epoch_text(values: Optional[Sequence[str]]) -> str:
    """Return `_time` in epoch seconds, unchanged where it is not ISO 8601.

    In JSON, splunkd writes ISO 8601 with milliseconds and offset, such as 2012-11-27T16:44:22.581-08:00, and epoch
    seconds where a search sets them.
    """
    text = values[0] if values else ""
    try:
        return f"{datetime.fromisoformat(text.replace('Z', '+00:00')).timestamp():.6f}"
    except ValueError:
        return text
