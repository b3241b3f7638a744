"""The label columns of rows, as they are written: CSV that follows a row's own cells."""

from __future__ import annotations

from loglm_bridge.contract.verdict import Verdict
from loglm_bridge.splunk.options import SearchOptions
from loglm_bridge.splunk.rows import blank_columns, label_values
from loglm_bridge.splunk.table import ROW_END, csv_head, csv_values


class LabelCells:
    """Writes the label columns that a search asked for. All texts end their row."""

    def __init__(self, options: SearchOptions) -> None:
        self._options = options
        self.head = csv_head(options.columns) + ROW_END

    def of(self, verdict: Verdict, model: str) -> str:
        """Return the cells of a row that the model answered."""
        return csv_values(label_values(verdict, model, self._options.output, self._options.threshold)) + ROW_END

    def blank(self, status: str, detail: str) -> str:
        """Return the cells of a row without an answer: the status, and why."""
        columns = blank_columns(status, detail, prefix=self._options.prefix, output=self._options.output)
        return csv_values(columns.values()) + ROW_END
