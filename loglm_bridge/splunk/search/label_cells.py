"""The label columns of rows as they are written: CSV that follows a row's own cells.

The proof, the last column, differs from row to row; all before it is the same for equal verdicts.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Sequence

from loglm_bridge.contract.verdict import Technique, Verdict
from loglm_bridge.splunk.rows.columns import PROOF, SUFFIXES, Value
from loglm_bridge.splunk.rows.label_proof import label_bytes
from loglm_bridge.splunk.rows.row_mapping import blank_columns, decimal, label_values
from loglm_bridge.splunk.rows.table import ROW_END, cells_of, csv_header, csv_row, csv_values
from loglm_bridge.splunk.rows.verdict_policy import apply_threshold, shown_techniques
from loglm_bridge.splunk.search.options import SearchOptions

#: Maximum cached templates; then the cache is cleared.
_MAX_TEMPLATES = 4_096

_SCORE, _CONFIDENCE, _NOVELTY = map(SUFFIXES["labels"].index, ("score", "confidence", "novelty"))

#: All that a template depends on.
_Key = tuple[object, ...]

#: The CSV before the score, between score and confidences, and after the novelty.
_Template = tuple[str, str, str]


class LabelCells:
    """Writes the label columns of a search. `has_proof`: a proof is among them.

    Verdicts differ in their numbers; the texts around these are the same few templates, which are cached.
    """

    def __init__(self, options: SearchOptions) -> None:
        self._options = options
        self.header = csv_header(options.columns) + ROW_END
        self.has_proof = PROOF in SUFFIXES[options.output]
        self._templates: dict[_Key, _Template] = {}

    def labelled(self, verdict: Verdict, model: str) -> str:
        """Return the cells of a row that the model answered, up to its proof; to be completed by `complete`."""
        status, score, _, ranking, novelty, truncated, _, explanation, detail = verdict
        if self._options.output != "labels" or explanation is not None:
            return self._without_proof(csv_values(self._values(verdict, model)))
        effective = apply_threshold(verdict, self._options.threshold)
        key: _Key = status, effective, truncated, detail, model
        confidences = ","
        techniques = ranking and shown_techniques(verdict, effective)
        if techniques:
            key += tuple([t[:3] for t in techniques])
            confidences = _confidences(techniques)
        before, between, after = self._templates.get(key) or self._add_template(key, verdict, model)
        return f"{before}{decimal(score)},{between}{confidences},{_cached_decimal(novelty)},{after}"

    def blank(self, status: str, detail: str) -> str:
        """Return the cells of a row without an answer: its status and the reason."""
        columns = blank_columns(status, detail, prefix=self._options.prefix, output=self._options.output)
        return csv_values(columns.values()) + ROW_END

    def complete(self, cells: str, proof: str = "") -> str:
        """Return the result of `labelled` as the end of a row, with the text of its proof."""
        if not self.has_proof:
            return cells + ROW_END
        return f"{cells}{proof if proof.isalnum() else csv_row([proof])},{ROW_END}"

    def proven(self, verdict: Verdict) -> bytes:
        """Return what a row's proof covers of its label."""
        effective = apply_threshold(verdict, self._options.threshold)
        return label_bytes(self._options.field, verdict.status, decimal(verdict.score), effective or "")

    def _without_proof(self, cells: str) -> str:
        """Return cells that end with an empty proof without it: one of its two cells is `complete`'s."""
        return cells[:-1] if self.has_proof else cells

    def _values(self, verdict: Verdict, model: str) -> list[Value]:
        return label_values(verdict, model, self._options.output, self._options.threshold)

    def _add_template(self, key: _Key, verdict: Verdict, model: str) -> _Template:
        values = self._values(verdict, model)
        parts = values[:_SCORE], values[_SCORE + 1 : _CONFIDENCE], values[_NOVELTY + 1 :]
        before, between, after = map(csv_values, parts)
        after = self._without_proof(after)
        if len(self._templates) >= _MAX_TEMPLATES:
            self._templates.clear()
        template = self._templates[key] = f"{before},", f",{between},", f",{after}"
        return template


#: Novelties have few distinct values.
_cached_decimal = lru_cache(maxsize=4_096)(decimal)


def _confidences(techniques: Sequence[Technique]) -> str:
    return csv_row(cells_of([decimal(technique.confidence) for technique in techniques]))
