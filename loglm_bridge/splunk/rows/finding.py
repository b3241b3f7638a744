"""Which labelled events become notables, and what such a notable repeats of the labels. Pure, no I/O."""

from __future__ import annotations

from typing import Mapping, Optional, Sequence

from loglm_bridge.contract.event import Event
from loglm_bridge.contract.notable import Finding
from loglm_bridge.contract.verdict import Verdict
from loglm_bridge.splunk.rows.row_mapping import label_columns
from loglm_bridge.splunk.rows.verdict_policy import decide, shown_techniques

#: Field names of labels in a notable, whatever prefix the searches of a site use: macros and dashboards rely on them.
PREFIX = "loglm_"


def judge(
    event: Event, verdict: Verdict, model: str, row: Mapping[str, Sequence[str]], threshold: Optional[float]
) -> Optional[Finding]:
    """Return the finding that an event is, None where it is none.

    It is one where the search command would call it malicious: its score reaches the threshold, or, without one, the
    model says so.
    """
    word = decide(verdict, threshold)
    if word != "malicious":
        return None
    columns = label_columns(verdict, model, prefix=PREFIX, output="labels", threshold=threshold)
    labels = {name: [value] if isinstance(value, str) else list(value) for name, value in columns.items()}
    shown = verdict._replace(verdict=word, techniques=shown_techniques(verdict, word))
    return Finding(event, shown, labels, row)
