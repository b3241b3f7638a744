"""The events of one window of index time, streamed from search/v2/jobs/export."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Iterable, Iterator, Mapping, Optional, Sequence

from splunklib.client import Service

from loglm_bridge.contract.row import Row, first_value
from loglm_bridge.splunk.config import value_parsers
from loglm_bridge.splunk.config.splunkd_rest import CALL_ERRORS, SplunkdError, error_of_call
from loglm_bridge.splunk.modinput.answer.event_time import epoch_of
from loglm_bridge.splunk.modinput.answer.export_answer import ExportStream
from loglm_bridge.splunk.modinput.index_time_window import Window
from loglm_bridge.splunk.rows.row_mapping import text_of_fields

#: Upper bound of the events' own time: the last second that every version of splunkd knows (2038-01-19). Events dated
#: in the future are read as well: a clock that is wrong, or a source that chooses its times, must not hide them.
_LATEST_TIME = 2**31 - 1

#: Seconds by which an event's time may exceed its index time before it counts as dated in the future.
_CLOCK_TOLERANCE = 86_400

#: Field by which the search returns `_time` in epoch seconds; splunkd renders `_time` itself in the user's time zone.
_EPOCH_FIELD = "loglm_input_time"

#: Fields that are read of each event. The command `fields` also makes Splunk extract them.
FIELDS = (
    "_time", _EPOCH_FIELD, "_indextime", "_raw", "index", "source", "sourcetype", "host", "splunk_server",
    "src", "src_ip", "src_host", "src_user", "src_port", "dest", "dest_ip", "dest_host", "dest_port", "dvc", "user",
    "process", "process_name", "parent_process", "parent_process_name", "file_name", "file_path", "file_hash",
    "url", "app", "action", "signature", "signature_id", "vendor_product",
)  # fmt: skip

#: Rows without `_raw` after which a search is refused that has not returned an event yet.
_MAX_HELD_ROWS = 1_000

_PLAIN_NAME = re.compile(r"\A[A-Za-z_][A-Za-z0-9_.:]*\Z")


@dataclass
class SearchNotes:
    """What a run must report about the answers it read: rows by peculiarity, and errors that removed no events.

    `no_raw` rows were labelled from their other fields, `no_event` rows left out; the index time stands in for the time
    of `no_time` rows; `future` ones are dated more than a day after they were indexed.
    """

    no_raw: int = 0
    no_event: int = 0
    no_time: int = 0
    future: int = 0
    notices: Counter[str] = field(default_factory=Counter)


def read_window(
    service: Service, search: str, window: Window, max_event_age: int, by: Sequence[str], notes: SearchNotes
) -> Iterator[Row]:
    """Yield the events that were indexed in the window; `_time` and `_indextime` are epoch seconds as text.

    The bounds are parameters of the call, not part of the search. Rows outside the window are dropped, so it does not
    matter whether splunkd includes its upper bound. `max_event_age` (seconds, 0: any) bounds the events' own time, by
    which Splunk chooses buckets. The fields of `by` are read as well.

    Raises:
        SplunkdError: the search failed, its answer is not complete, or it does not return events.
    """
    params = {
        "earliest_time": max(0, window.start - max_event_age) if max_event_age else 0,
        "latest_time": _LATEST_TIME,
        "index_earliest": window.start,
        "index_latest": window.end,
    }
    names = ", ".join(map(_in_search, dict.fromkeys((*FIELDS, *by))))
    with _export(service, f"{search} | eval {_EPOCH_FIELD}=_time | fields {names}", params) as answer:
        for row in _events(answer, notes):
            index_time = _integer(row.get("_indextime"), window.start)
            if index_time in window:
                yield _timed(row, index_time, notes)
        notes.notices.update(answer.notices)


def _events(rows: Iterable[Row], notes: SearchNotes) -> Iterator[Row]:
    """Yield the rows that are events: one without `_raw` has its other fields as text, as long as others have `_raw`.

    A row with neither `_raw` nor `_indextime`, such as a total, is left out and counted.

    Raises:
        SplunkdError: no row has `_raw`, so the search does not return events.
    """
    held: list[Row] = []
    has_events = False
    for row in rows:
        if "_raw" in row:
            has_events = True
        held.append(row)
        if not has_events:
            _check_held(held, len(held) >= _MAX_HELD_ROWS)
            continue
        for one in held:
            if "_raw" in one:
                yield one
            elif "_indextime" in one:
                notes.no_raw += 1
                yield {**one, "_raw": [text_of_fields(one)]}
            else:
                notes.no_event += 1
        held = []
    _check_held(held, bool(held))


def _check_held(held: Sequence[Row], is_last: bool) -> None:
    if is_last:
        named = "rows without _raw" if any("_indextime" in row for row in held) else "rows that are not events"
        raise SplunkdError(f"the search returns {named}", hint="remove stats, table, fields and similar commands")


def _timed(row: Row, index_time: int, notes: SearchNotes) -> Row:
    """Return the row with `_time` and `_indextime` in epoch seconds; the index time where it has no readable time."""
    time = epoch_of(first_value(row, _EPOCH_FIELD), index_time)
    time = epoch_of(first_value(row, "_time"), index_time) if time is None else time
    notes.no_time += time is None
    notes.future += time is not None and time > index_time + _CLOCK_TOLERANCE
    shown = {name: values for name, values in row.items() if name != _EPOCH_FIELD}
    return {**shown, "_time": [f"{index_time if time is None else time:.6f}"], "_indextime": [str(index_time)]}


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


def _in_search(name: str) -> str:
    """Return a field's name as it is written in a search."""
    if _PLAIN_NAME.match(name):
        return name
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _integer(values: Optional[Sequence[str]], default: int) -> int:
    try:
        return int(value_parsers.number(values[0], 0, _LATEST_TIME)) if values else default
    except ValueError:
        return default
