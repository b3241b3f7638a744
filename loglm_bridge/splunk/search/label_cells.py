"""The label columns of rows as they are written: CSV that follows a row's own cells."""

from __future__ import annotations

from functools import lru_cache
from typing import Sequence

from loglm_bridge.contract.verdict import FLAGGED_VERDICTS, Technique, Verdict
from loglm_bridge.splunk.rows.columns import PROOF, SUFFIXES, Value
from loglm_bridge.splunk.rows.label_proof import label_bytes, proof_suffix
from loglm_bridge.splunk.rows.row_mapping import blank_columns, decimal, label_values
from loglm_bridge.splunk.rows.table import ROW_END, cells_of, csv_header, csv_row, csv_values
from loglm_bridge.splunk.rows.verdict_policy import apply_threshold, shown_techniques
from loglm_bridge.splunk.search.options import SearchOptions

#: Maximum cached templates; then the cache is cleared.
_MAX_TEMPLATES = 4_096

_SCORE, _CONFIDENCE, _NOVELTY = map(SUFFIXES["labels"].index, ("score", "confidence", "novelty"))

#: What follows the proof in a row: its empty second cell.
_END = "," + ROW_END

#: All that a template depends on.
_Key = tuple[object, ...]

#: The CSV before the score, between score and confidences, and after the novelty.
_Template = tuple[str, str, str]


class LabelCells:
    """Writes the label columns of a search. Every text it returns ends its row.

    Verdicts differ in their numbers; the texts around these are the same few templates, which are cached.
    """

    def __init__(self, options: SearchOptions) -> None:
        self._options = options
        self.header = csv_header(options.columns) + ROW_END
        self._has_proof = PROOF in SUFFIXES[options.output]
        self._around_tag = csv_row(["TAG" + proof_suffix(options.event_fields)]).split("TAG", 1)
        self._templates: dict[_Key, _Template] = {}

    def labelled(self, verdict: Verdict, model: str) -> str:
        """Return the cells of a row that the model answered."""
        status, score, _, ranking, novelty, truncated, _, explanation, detail = verdict
        if self._options.output != "labels" or explanation is not None:
            return csv_values(self._values(verdict, model)) + ROW_END
        effective = apply_threshold(verdict, self._options.threshold)
        key: _Key = status, effective, truncated, detail, model
        confidences = ","
        techniques = ranking and shown_techniques(verdict, effective)
        if techniques:
            key += tuple([t[:3] for t in techniques])
            confidences = _confidences(techniques)
        before, between, after = self._templates.get(key) or self._add_template(key, verdict, model)
        return f"{before}{decimal(score)},{between}{confidences},{_cached_decimal(novelty)},{after}"

    def proven_label(self, verdict: Verdict) -> bytes:
        """Return what the proof of a label covers of it; empty where the label needs none.

        Only labels that call for an analyst get one: the alert action asks for others anew, and most rows are others.
        """
        effective = apply_threshold(verdict, self._options.threshold)
        if effective not in FLAGGED_VERDICTS or not self._has_proof:
            return b""
        return label_bytes(decimal(verdict.score), effective, self._options.event_fields)

    def with_proof(self, cells: str, tag: str) -> str:
        """Return a result of `labelled` with the tag of its label."""
        before, after = self._around_tag
        end = len(cells) - len(_END)
        return f"{cells[:end]}{before}{tag}{after}{_END}"

    def blank(self, status: str, detail: str) -> str:
        """Return the cells of a row without an answer: its status and the reason."""
        columns = blank_columns(status, detail, prefix=self._options.prefix, output=self._options.output)
        return csv_values(columns.values()) + ROW_END

    def _values(self, verdict: Verdict, model: str) -> list[Value]:
        return label_values(verdict, model, self._options.output, self._options.threshold)

    def _add_template(self, key: _Key, verdict: Verdict, model: str) -> _Template:
        values = self._values(verdict, model)
        parts = values[:_SCORE], values[_SCORE + 1 : _CONFIDENCE], values[_NOVELTY + 1 :]
        before, between, after = map(csv_values, parts)
        if len(self._templates) >= _MAX_TEMPLATES:
            self._templates.clear()
        template = self._templates[key] = f"{before},", f",{between},", f",{after}{ROW_END}"
        return template


#: Novelties have few distinct values.
_cached_decimal = lru_cache(maxsize=4_096)(decimal)


def _confidences(techniques: Sequence[Technique]) -> str:
    return csv_row(cells_of([decimal(technique.confidence) for technique in techniques]))
