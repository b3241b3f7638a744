"""The label columns of rows, as they are written: CSV that follows a row's own cells."""

from __future__ import annotations

from functools import lru_cache

from loglm_bridge.contract.verdict import Verdict
from loglm_bridge.splunk.options import SearchOptions
from loglm_bridge.splunk.rows import blank_columns, label_values
from loglm_bridge.splunk.table import ROW_END, csv_head, csv_values

#: Verdicts whose cells are remembered: those of a search are often the same few.
_MOST = 4_096


class LabelCells:
    """Writes the label columns that a search asked for. All texts end their row."""

    def __init__(self, options: SearchOptions) -> None:
        self._options = options
        self.head = csv_head(options.columns) + ROW_END
        self._known = lru_cache(maxsize=_MOST)(self._written)

    def of(self, verdict: Verdict, model: str) -> str:
        """Return the cells of a row that the model answered."""
        # long ones, and each another
        apart = verdict.embedding is not None or verdict.explanation is not None
        return self._written(verdict, model) if apart else self._known(verdict, model)

    def _written(self, verdict: Verdict, model: str) -> str:
        return csv_values(label_values(verdict, model, self._options.output, self._options.threshold)) + ROW_END

    def blank(self, status: str, detail: str) -> str:
        """Return the cells of a row without an answer: the status, and why."""
        columns = blank_columns(status, detail, prefix=self._options.prefix, output=self._options.output)
        return csv_values(columns.values()) + ROW_END
