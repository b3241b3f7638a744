"""Splunk row -> event, verdict -> the columns of a row. Pure functions, no I/O."""

from __future__ import annotations

import json
import math
from functools import lru_cache
from typing import Optional, Sequence

from loglm_bridge.contract.event import Event
from loglm_bridge.contract.limits import MAX_RAW_BYTES
from loglm_bridge.contract.safe_text import escape_unsafe, one_line
from loglm_bridge.contract.verdict import Verdict
from loglm_bridge.contract.wire import write_event, write_hints
from loglm_bridge.splunk.rows.columns import PROOF, SUFFIXES, SplunkRow, Value, column_names
from loglm_bridge.splunk.rows.csv_records import Cells
from loglm_bridge.splunk.rows.table import Table
from loglm_bridge.splunk.rows.verdict_policy import apply_threshold, shown_techniques

#: Separates the values of several `by` fields in an entity; log fields do not contain it.
_SEPARATOR = "\x1f"

#: Maximum characters of a number whose repr has at most six decimals: those of "0.123456".
_MAX_PLAIN = 8

#: Maximum characters of a technique's or model's name; the longest technique of the table has 80.
_MAX_NAME = 200

#: Maximum characters of the summary of an explanation.
_MAX_SUMMARY = 1_000


def event_of(row: SplunkRow, field: str, by: Sequence[str] = ()) -> Event:
    """Return the event of a row: its text from `field`, its entity from the fields in `by`.

    An absent field is empty text; the values of a multivalue one become lines. Longer text than the model reads is cut
    just above that limit, so that the sidecar sees that it was longer and sets `truncated`.
    """
    # MAX_RAW_BYTES + 1 characters are always more than MAX_RAW_BYTES bytes
    return Event(
        raw=joined_text(row, field)[: MAX_RAW_BYTES + 1],
        sourcetype=joined_text(row, "sourcetype"),
        source=joined_text(row, "source"),
        host=joined_text(row, "host"),
        time=epoch(joined_text(row, "_time")),
        entity=_entity(row, by),
    )


def text_of_fields(row: SplunkRow, prefix: str = "loglm_") -> str:
    """Return a text for a row that has none: its fields as JSON, without Splunk's internal ones and our labels."""
    fields = {
        name: value if isinstance(value, str) else value[0] if len(value) == 1 else list(value)
        for name, value in sorted(row.items())
        if value and not name.startswith(("_", prefix))
    }
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


class EventReader:
    """Reads the event of a table's row, part by part as needed. Equal to `event_of` on the row as a mapping.

    `text(cells)` returns the whole text of `field`, `entity(cells)` the entity of the fields in `by`.
    """

    def __init__(self, table: Table, field: str, by: Sequence[str] = ()) -> None:
        self.text = table.getter(field)
        self.entity = table.getter(by[0]) if len(by) == 1 else self._joined_entity
        self._time = table.getter("_time")
        self._hints = [table.getter(name) for name in ("sourcetype", "source", "host")]
        self._by = [table.getter(name) for name in by]

    def raw(self, cells: Cells) -> str:
        """Return the event's text, cut as in `event_of`."""
        return self.text(cells)[: MAX_RAW_BYTES + 1]

    def epoch(self, cells: Cells) -> Optional[float]:
        """Return the event's time in epoch seconds, None where it has none."""
        return epoch(self._time(cells))

    def encoded(self, cells: Cells) -> bytes:
        """Return the event as an element of a request (contract/wire.py)."""
        sourcetype, source, host = self._hints
        hints = write_hints(sourcetype(cells), source(cells), host(cells))
        return write_event(self.raw(cells), hints, self.entity(cells), self.epoch(cells))

    def _joined_entity(self, cells: Cells) -> str:
        values = [value(cells) for value in self._by]
        return _SEPARATOR.join(values) if any(values) else ""


def joined_text(row: SplunkRow, name: str) -> str:
    """Return the text of a field, the values of a multivalue one as lines, empty where the row has none."""
    value = row.get(name)
    if value is None or isinstance(value, str):
        return value or ""
    return "\n".join(value)


def label_columns(
    verdict: Verdict, model: str, *, prefix: str, output: str, threshold: Optional[float]
) -> dict[str, Value]:
    """Return the columns of a labelled row, with the values of `label_values`."""
    return dict(zip(column_names(prefix, output), label_values(verdict, model, output, threshold)))


def label_values(verdict: Verdict, model: str, output: str, threshold: Optional[float]) -> list[Value]:
    """Return the values of columns.SUFFIXES[output] for a labelled row.

    `technique_id`, `technique`, `tactic` and `confidence` have one value per shown technique, in the same order
    (a technique's tactics are joined with a comma). Which techniques are shown: verdict_policy.shown_techniques.
    `detail` contains why there is no label, `truncated=1`, and with explain=true the summary of the explanation, which
    `explanation` holds as JSON. `proof` is empty: it depends on the event, and LabelCells adds it.
    """
    effective = apply_threshold(verdict, threshold)
    techniques = shown_techniques(verdict, effective)
    values: dict[str, Value] = {
        "status": verdict.status,
        "score": decimal(verdict.score),
        "verdict": effective or "",
        "technique_id": [one_line(t.id, _MAX_NAME) for t in techniques] if techniques else "",
        "technique": [one_line(t.name, _MAX_NAME) for t in techniques] if techniques else "",
        "tactic": [one_line(",".join(t.tactics), _MAX_NAME) for t in techniques] if techniques else "",
        "confidence": [decimal(t.confidence) for t in techniques] if techniques else "",
        "novelty": decimal(verdict.novelty),
        "model": _model_text(model),
        "detail": _details(verdict) or "",
        "explanation": _explanation(verdict),
        "embedding": "" if verdict.embedding is None else json.dumps(verdict.embedding, separators=(",", ":")),
        PROOF: "",
    }
    return [values[suffix] for suffix in SUFFIXES[output]]


def blank_columns(status: str, detail: str, *, prefix: str, output: str) -> dict[str, Value]:
    """Return the columns of a row without an answer: its status and the reason, and no label."""
    columns: dict[str, Value] = dict.fromkeys(column_names(prefix, output), "")
    columns[prefix + "status"], columns[prefix + "detail"] = status, one_line(detail)
    return columns


def decimal(number: Optional[float]) -> str:
    """Return a number as decimal text of at most six decimals, without an exponent, which not all of SPL reads."""
    if number is None:
        return ""
    text = repr(number)
    if len(text) > _MAX_PLAIN or "e" in text:
        return f"{number:.6f}".rstrip("0").rstrip(".")
    return text[:-2] if text[-2:] == ".0" else text


@lru_cache(maxsize=8)
def _model_text(model: str) -> str:
    return one_line(model, _MAX_NAME)


def _details(verdict: Verdict) -> list[str]:
    details = [one_line(str(verdict.detail))] if verdict.detail else []
    if verdict.truncated:
        details.append("truncated=1")
    if verdict.explanation is not None and verdict.explanation.get("summary"):
        details.append(one_line(str(verdict.explanation["summary"]), _MAX_SUMMARY))
    return details


def _explanation(verdict: Verdict) -> str:
    if verdict.explanation is None:
        return ""
    return escape_unsafe(json.dumps(verdict.explanation, ensure_ascii=False, separators=(",", ":")))


def epoch(text: str) -> Optional[float]:
    """Return `_time` in epoch seconds, None where it is no finite number: a transforming search may set anything."""
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) else None


def _entity(row: SplunkRow, by: Sequence[str]) -> str:
    values = [joined_text(row, name) for name in by]
    return _SEPARATOR.join(values) if any(values) else ""
