"""Splunk row -> event, verdict -> the columns of a row. Pure functions, no I/O.

A row maps field names to text, or to a list of texts where the field is multivalue (splunklib's form).
"""

from __future__ import annotations

import json
import math
from functools import lru_cache
from typing import Mapping, Optional, Sequence

from loglm_bridge.contract.event import Event
from loglm_bridge.contract.limits import MAX_RAW_BYTES
from loglm_bridge.contract.safe_text import escape_unsafe, one_line
from loglm_bridge.contract.verdict import Verdict
from loglm_bridge.contract.wire import write_event, write_hints
from loglm_bridge.splunk.rows.columns import SUFFIXES, Value, column_names
from loglm_bridge.splunk.rows.csv_records import Cells
from loglm_bridge.splunk.rows.table import Table
from loglm_bridge.splunk.rows.verdict_policy import decide, shown_techniques

Row = Mapping[str, Value]

#: Joins the values of several `by` fields to one entity; no log field holds it.
_JOIN = "\x1f"

#: Characters of the longest number whose own text has at most six places: those of "0.123456".
_PLAIN = 8

#: Characters of a technique's name that are kept; the table's longest has 80.
_MAX_NAME = 200


def event_of(row: Row, field: str, by: Sequence[str] = ()) -> Event:
    """Return the event of a row: its text from `field`, its entity from the fields in `by`.

    An absent field is empty text; the values of a multivalue one become lines. Text is cut just above what the model
    reads, so that the sidecar sees (and says) that it was longer.
    """
    # MAX_RAW_BYTES + 1 characters are more than MAX_RAW_BYTES bytes in any case
    return Event(
        raw=text_of(row, field)[: MAX_RAW_BYTES + 1],
        sourcetype=text_of(row, "sourcetype"),
        source=text_of(row, "source"),
        host=text_of(row, "host"),
        time=_epoch(text_of(row, "_time")),
        entity=_entity(row, by),
    )


class EventReader:
    """Reads of the cells of a table's row the event that `event_of` reads of a mapping, in parts as they are needed.

    `text` is the whole text of its field; `entity` is that of `by`.
    """

    def __init__(self, table: Table, field: str, by: Sequence[str] = ()) -> None:
        self.text = table.getter(field)
        self.entity = table.getter(by[0]) if len(by) == 1 else self._joined
        self._time = table.getter("_time")
        self._hints = [table.getter(name) for name in ("sourcetype", "source", "host")]
        self._values = [table.getter(name) for name in by]

    def raw(self, cells: Cells) -> str:
        """Return the event's text."""
        return self.text(cells)[: MAX_RAW_BYTES + 1]

    def epoch(self, cells: Cells) -> Optional[float]:
        """Return its time in epoch seconds, if it has one."""
        return _epoch(self._time(cells))

    def written(self, cells: Cells) -> bytes:
        """Return it as an element of a request (contract/wire.py)."""
        sourcetype, source, host = self._hints
        hints = write_hints(sourcetype(cells), source(cells), host(cells))
        return write_event(self.raw(cells), hints, self.entity(cells), self.epoch(cells))

    def _joined(self, cells: Cells) -> str:
        values = [value(cells) for value in self._values]
        return _JOIN.join(values) if any(values) else ""


def text_of(row: Row, name: str) -> str:
    """Return the text of a field, the values of a multivalue one as lines, empty where the row has none."""
    value = row.get(name)
    if value is None or isinstance(value, str):
        return value or ""
    return "\n".join(value)


def label_columns(
    verdict: Verdict, model: str, *, prefix: str, output: str, threshold: Optional[float]
) -> dict[str, Value]:
    """Return the columns of a row that the model answered, with the values of `label_values`."""
    return dict(zip(column_names(prefix, output), label_values(verdict, model, output, threshold)))


def label_values(verdict: Verdict, model: str, output: str, threshold: Optional[float]) -> list[Value]:
    """Return the values of columns.SUFFIXES[output] for a row that the model answered.

    `technique_id`, `technique`, `tactic` and `confidence` have one value per shown technique, in the same order
    (a technique's tactics are joined with a comma). Which techniques are shown: decision.shown_techniques. `detail`
    holds what is special: why there is no label, `truncated=1`, and with explain=true the explanation as JSON.
    """
    word = decide(verdict, threshold)
    techniques = shown_techniques(verdict, word)
    found: dict[str, Value] = {
        "status": verdict.status,
        "score": decimal(verdict.score),
        "verdict": word or "",
        "technique_id": [one_line(t.id, _MAX_NAME) for t in techniques] if techniques else "",
        "technique": [one_line(t.name, _MAX_NAME) for t in techniques] if techniques else "",
        "tactic": [one_line(",".join(t.tactics), _MAX_NAME) for t in techniques] if techniques else "",
        "confidence": [decimal(t.confidence) for t in techniques] if techniques else "",
        "novelty": decimal(verdict.novelty),
        "model": _shown_model(model),
        "detail": _details(verdict) or "",
        "embedding": "" if verdict.embedding is None else json.dumps(verdict.embedding, separators=(",", ":")),
    }
    return [found[suffix] for suffix in SUFFIXES[output]]


def blank_columns(status: str, detail: str, *, prefix: str, output: str) -> dict[str, Value]:
    """Return the columns of a row without an answer: the status, why, and nothing that could be read as a label."""
    columns: dict[str, Value] = dict.fromkeys(column_names(prefix, output), "")
    columns[prefix + "status"], columns[prefix + "detail"] = status, one_line(detail)
    return columns


def decimal(number: Optional[float]) -> str:
    """Return a number as plain decimal text of at most six places (no exponent, which not all of SPL reads)."""
    if number is None:
        return ""
    text = repr(number)
    if len(text) > _PLAIN or "e" in text:
        return f"{number:.6f}".rstrip("0").rstrip(".")
    return text[:-2] if text[-2:] == ".0" else text


@lru_cache(maxsize=8)
def _shown_model(model: str) -> str:
    return one_line(model, _MAX_NAME)


def _details(verdict: Verdict) -> list[str]:
    details = [one_line(str(verdict.detail))] if verdict.detail else []
    if verdict.truncated:
        details.append("truncated=1")
    if verdict.explanation is not None:
        details.append(escape_unsafe(json.dumps(verdict.explanation, ensure_ascii=False, separators=(",", ":"))))
    return details


def _epoch(text: str) -> Optional[float]:
    """Read `_time`; a transforming search may have put anything there, and no time is better than a wrong one."""
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) else None


def _entity(row: Row, by: Sequence[str]) -> str:
    values = [text_of(row, name) for name in by]
    return _JOIN.join(values) if any(values) else ""
