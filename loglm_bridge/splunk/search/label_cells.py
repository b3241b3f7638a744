"""The label columns of rows, as they are written: CSV that follows a row's own cells."""

from __future__ import annotations

from functools import lru_cache
from typing import Sequence

from loglm_bridge.contract.verdict import Technique, Verdict
from loglm_bridge.splunk.rows.columns import SUFFIXES, Value
from loglm_bridge.splunk.rows.row_mapping import blank_columns, decimal, label_values
from loglm_bridge.splunk.rows.table import ROW_END, cells_of, csv_head, csv_row, csv_values
from loglm_bridge.splunk.rows.verdict_policy import decide, shown_techniques
from loglm_bridge.splunk.search.options import SearchOptions

#: Frames that are remembered; then all are forgotten.
_MOST = 4_096

_SCORE, _CONFIDENCE, _NOVELTY = map(SUFFIXES["labels"].index, ("score", "confidence", "novelty"))

#: What a frame depends on.
_Key = tuple[object, ...]

#: What stands before the score, between it and the confidences, and after the novelty.
_Frame = tuple[str, str, str]


class LabelCells:
    """Writes the label columns that a search asked for. All texts end their row.

    Verdicts differ in their numbers; what stands around these are the same few frames, which are remembered.
    """

    def __init__(self, options: SearchOptions) -> None:
        self._options = options
        self.head = csv_head(options.columns) + ROW_END
        self._frames: dict[_Key, _Frame] = {}

    def of(self, verdict: Verdict, model: str) -> str:
        """Return the cells of a row that the model answered."""
        status, score, _, ranking, novelty, truncated, _, explanation, detail = verdict
        if self._options.output != "labels" or explanation is not None:
            return csv_values(self._values(verdict, model)) + ROW_END
        word = decide(verdict, self._options.threshold)
        key: _Key = status, word, truncated, detail, model
        sure = ","
        techniques = ranking and shown_techniques(verdict, word)
        if techniques:
            key += tuple([t[:3] for t in techniques])
            sure = _confidences(techniques)
        before, between, after = self._frames.get(key) or self._frame(key, verdict, model)
        return f"{before}{decimal(score)},{between}{sure},{_of_few(novelty)},{after}"

    def blank(self, status: str, detail: str) -> str:
        """Return the cells of a row without an answer: the status, and why."""
        columns = blank_columns(status, detail, prefix=self._options.prefix, output=self._options.output)
        return csv_values(columns.values()) + ROW_END

    def _values(self, verdict: Verdict, model: str) -> list[Value]:
        return label_values(verdict, model, self._options.output, self._options.threshold)

    def _frame(self, key: _Key, verdict: Verdict, model: str) -> _Frame:
        values = self._values(verdict, model)
        parts = values[:_SCORE], values[_SCORE + 1 : _CONFIDENCE], values[_NOVELTY + 1 :]
        before, between, after = map(csv_values, parts)
        if len(self._frames) >= _MOST:
            self._frames.clear()
        frame = self._frames[key] = f"{before},", f",{between},", f",{after}{ROW_END}"
        return frame


#: Novelties come in few steps.
_of_few = lru_cache(maxsize=4_096)(decimal)


def _confidences(techniques: Sequence[Technique]) -> str:
    return csv_row(cells_of([decimal(technique.confidence) for technique in techniques]))
