"""The events of one window, streamed from search/v2/jobs/export.

Splunklib's JSONResultsReader holds the whole answer in memory and keeps one message of several, so the answer is read
here: one JSON document per line (docs/dev/splunk-facts.md).
"""

from __future__ import annotations

import io
import json
import re
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Iterator, Mapping, Optional

from splunklib.client import Service

from loglm_bridge.contract.limits import MAX_ECHO
from loglm_bridge.contract.safe_text import one_line
from loglm_bridge.splunk.config.splunkd_rest import FAILURES, SplunkdError, failure
from loglm_bridge.splunk.modinput.index_time_window import Window

#: Bytes of the longest line that is read; an event of 16 MB is far above what splunkd indexes.
_MAX_LINE = 64 * 1024 * 1024

#: Seconds that an event's own time may lie after the window; props.conf MAX_DAYS_HENCE is 2 days.
_AHEAD = 3 * 86_400

#: What is read of each event. `fields` also makes Splunk extract the named ones.
FIELDS = (
    "_time", "_indextime", "_raw", "index", "source", "sourcetype", "host", "splunk_server",
    "src", "src_ip", "src_host", "src_user", "src_port", "dest", "dest_ip", "dest_host", "dest_port", "dvc", "user",
    "process", "process_name", "parent_process", "parent_process_name", "file_name", "file_path", "file_hash",
    "url", "app", "action", "signature", "signature_id", "vendor_product",
)  # fmt: skip

#: Messages below an error after which results are missing all the same.
_INCOMPLETE = re.compile(r"incomplete|unable to distribute|could not be (reached|contacted)|timed? ?out", re.IGNORECASE)

#: A line of these bytes is empty; a byte order mark opens some answers.
_BLANK = b"\xef\xbb\xbf \r\n"

Row = Mapping[str, list[str]]


def read_window(service: Service, search: str, window: Window, max_event_age: int) -> Iterator[Row]:
    """Yield the events that were indexed in the window; `_time` and `_indextime` are epoch seconds as text.

    The bounds travel beside the search, not in it. Rows outside the window are dropped, so it does not matter whether
    splunkd takes its upper bound as in or out. `max_event_age` (seconds, 0: any) bounds the events' own time, since
    Splunk chooses buckets by that and not by index time.

    Raises:
        SplunkdError: the search failed, its answer ended early, or it does not return events.
    """
    params = {
        "earliest_time": max(0, window.start - max_event_age) if max_event_age else 0,
        "latest_time": window.end + _AHEAD,
        "index_earliest": window.start,
        "index_latest": window.end,
    }
    query = f"{search} | fields {', '.join(FIELDS)}"
    documents = 0
    with _export(service, query, params) as answer:
        for row in answer:
            indexed = _whole(row.get("_indextime"))
            if indexed is None or "_raw" not in row:
                raise SplunkdError("the search returns rows that are no events", hint="take statistics and table out")
            if indexed in window:
                yield {**row, "_time": [_epoch_text(row.get("_time"))]}
        documents = answer.documents
    if not documents:
        # a search process that dies at once leaves an answer of no bytes as well
        with _export(service, query, params) as again:
            if any(again):
                raise SplunkdError("the same search gave no events and then some")


class Answer:
    """The final rows of an answer, as field -> values, read from `stream` as they are asked for.

    `documents` counts rows and the mark behind the last one: 0 means that not even "no events" was said. Iterating
    raises SplunkdError if a message says that the search failed, or the answer is cut or not of this form.
    """

    def __init__(self, stream: io.RawIOBase) -> None:
        self.documents = 0
        self._lines = io.BufferedReader(stream)

    def __iter__(self) -> Iterator[Row]:
        whole = True
        while True:
            line = self._lines.readline(_MAX_LINE)
            if not line:
                break
            if not line.strip(_BLANK):
                continue
            document = _document(line)
            _check_messages(document)
            result, last = document.get("result"), bool(document.get("lastrow"))
            if document.get("preview") or not (last or isinstance(result, dict)):
                continue
            self.documents, whole = self.documents + 1, last
            if isinstance(result, dict):
                yield _row(result)
        if not whole:
            raise SplunkdError("the answer to the search ended early")


@contextmanager
def _export(service: Service, query: str, params: Mapping[str, int]) -> Iterator[Answer]:
    """Run a search; what fails while its answer is read fails as a SplunkdError."""
    try:
        stream = service.jobs.export(query, output_mode="json", preview="0", search_mode="normal", **params)
        try:
            yield Answer(stream)
        finally:
            stream.close()
    except FAILURES as error:
        raise failure(error, "reading events") from error


def _document(line: bytes) -> Mapping[str, Any]:
    try:
        document = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise SplunkdError("the answer to the search is cut or not JSON") from error
    if not isinstance(document, dict):
        raise SplunkdError("the answer to the search is not made of JSON objects")
    return document


def _check_messages(document: Mapping[str, Any]) -> None:
    messages = document.get("messages")
    for message in messages if isinstance(messages, list) else ():
        kind, text = str(message.get("type", "")).upper(), str(message.get("text", ""))
        if kind in ("ERROR", "FATAL") or (kind == "WARN" and _INCOMPLETE.search(text)):
            raise SplunkdError(
                f"the search failed: {one_line(text, MAX_ECHO)}", hint="correct the search or see its job"
            )


def _row(result: Mapping[str, Any]) -> Row:
    return {
        name: [v for v in value if isinstance(v, str)] if isinstance(value, list) else [str(value)]
        for name, value in result.items()
        if value is not None
    }


def _whole(values: Optional[list[str]]) -> Optional[int]:
    return int(values[0]) if values and values[0].isascii() and values[0].isdigit() else None


def _epoch_text(values: Optional[list[str]]) -> str:
    """Return `_time` in epoch seconds, empty where it is none.

    splunkd writes ISO 8601 with milliseconds and offset in JSON, e.g. 2012-11-27T16:44:22.581-08:00, and epoch seconds
    where a search set them.
    """
    text = values[0] if values else ""
    try:
        return f"{datetime.fromisoformat(text.replace('Z', '+00:00')).timestamp():.6f}"
    except ValueError:
        return text
