"""Which labelled events become notables, and which labels such a notable contains. Pure, no I/O."""

from __future__ import annotations

from typing import Optional

from loglm_bridge.contract.event import Event
from loglm_bridge.contract.limits import MAX_RAW_BYTES
from loglm_bridge.contract.notable import UNREAD, Finding
from loglm_bridge.contract.row import Row
from loglm_bridge.contract.verdict import Verdict
from loglm_bridge.splunk.rows.row_mapping import label_columns
from loglm_bridge.splunk.rows.verdict_policy import apply_threshold, shown_techniques

#: Prefix of the labels in a notable, whatever prefix a site's searches use: macros and dashboards rely on it.
LABEL_PREFIX = "loglm_"


def finding_of(event: Event, verdict: Verdict, model: str, row: Row, threshold: Optional[float]) -> Optional[Finding]:
    """Return the finding of an event, None where it is none.

    An event is a finding where the search command would call it malicious: its score reaches the threshold, or, without
    one, the model's verdict is malicious.
    """
    effective = apply_threshold(verdict, threshold)
    if effective != "malicious":
        return None
    shown = verdict._replace(verdict=effective, techniques=shown_techniques(verdict, effective))
    return Finding(event, shown, _labels(verdict, model, threshold), row)


def unread_finding(
    event: Event, verdict: Verdict, model: str, row: Row, threshold: Optional[float]
) -> Optional[Finding]:
    """Return the finding about an event that the model did not read, or not to its end; None where it did.

    Whoever writes log lines can write one that costs too much to read. That must not hide it from analysts. Events
    above the limit on length are no such case: they are read up to it, as documented.
    """
    is_long = len(event.raw) > MAX_RAW_BYTES or len(event.raw.encode("utf-8", "surrogatepass")) > MAX_RAW_BYTES
    if verdict.status != "error" and (not verdict.truncated or is_long):
        return None
    shown = verdict._replace(techniques=())
    return Finding(event, shown, _labels(verdict, model, threshold), row, subject=UNREAD)


def _labels(verdict: Verdict, model: str, threshold: Optional[float]) -> Row:
    columns = label_columns(verdict, model, prefix=LABEL_PREFIX, output="labels", threshold=threshold)
    return {name: [value] if isinstance(value, str) else list(value) for name, value in columns.items()}
