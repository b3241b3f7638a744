"""The fields of a row: which are read, which are written. Lightweight, because every getinfo imports it."""

from __future__ import annotations

from typing import Mapping, Sequence, Union

#: A field of a row as splunklib represents it: its text, or a list of texts where it is multivalue.
Value = Union[str, Sequence[str]]

#: A row as splunklib represents it. (contract.row.Row has a list for every field.)
SplunkRow = Mapping[str, Value]

#: Fields of a row that an event takes beside its text.
HINTS = ("_time", "host", "source", "sourcetype")

#: Values of the option `output`.
OUTPUTS = ("labels", "embedding", "all")

_LABELS = (
    "status", "score", "verdict", "technique_id", "technique", "tactic", "confidence", "novelty", "model", "detail",
    "explanation",
)  # fmt: skip

#: The column that proves a label (label_proof.py), the last one.
PROOF = "proof"

#: Written columns without their prefix, in order (docs/analyst/fields.md).
SUFFIXES: Mapping[str, tuple[str, ...]] = {
    "labels": (*_LABELS, PROOF),
    "embedding": ("status", "model", "detail", "embedding"),
    "all": (*_LABELS, "embedding", PROOF),
}


def column_names(prefix: str, output: str) -> tuple[str, ...]:
    """Return the names of the columns that every row gets, for one of OUTPUTS."""
    return tuple(prefix + suffix for suffix in SUFFIXES[output])
