"""Rows that a search has already labelled: their columns read back as a verdict, where they can be trusted."""

from __future__ import annotations

import json
import re
from typing import Optional

from loglm_bridge.contract.attack import TECHNIQUE_ID
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.row import Row, first_value
from loglm_bridge.contract.verdict import VERDICTS, Technique, Verdict
from loglm_bridge.splunk.config import value_parsers
from loglm_bridge.splunk.rows.row_mapping import event_of

#: Statuses that a new request would give again; rows with any other are labelled anew.
_FINAL = ("ok", "empty", "unparsed", "error")

#: Escapes that could spell a field's name in an event's text.
_ESCAPES = r"\\u00|\\x|&#|%[46]"


def verdict_of(row: Row, prefix: str) -> Optional[Verdict]:
    """Return the verdict in the columns that `| loglm` wrote, None where the row has none that can be trusted.

    Splunk extracts `name=value` from any event by itself, so a log line could contain its own `loglm_verdict=benign`.
    So None is returned for a row whose text contains the prefix, or an escape that might spell it.
    """
    status = first_value(row, prefix + "status")
    suspect = re.search(f"{re.escape(prefix)}|{_ESCAPES}", first_value(row, "_raw"), re.IGNORECASE)
    if status not in _FINAL or suspect:
        return None
    if status != "ok":
        return Verdict(status)
    name = first_value(row, prefix + "verdict")
    try:
        score, novelty = (value_parsers.number(first_value(row, prefix + key), 0, 1) for key in ("score", "novelty"))
        return Verdict("ok", score, name, _techniques(row, prefix), novelty) if name in VERDICTS else None
    except (ValueError, IndexError):
        return None


def event_of_result(row: Row) -> Event:
    """Return the event of a result; without `_raw` (statistics over labelled events) its text is all fields as JSON."""
    event = event_of(row, "_raw")
    if event.raw:
        return event
    fields = {name: list(values) for name, values in sorted(row.items()) if not name.startswith("_")}
    return event_of({**row, "_raw": [json.dumps(fields, ensure_ascii=False)]}, "_raw")


def _techniques(row: Row, prefix: str) -> tuple[Technique, ...]:
    ids, names, tactics, confidences = (
        [value for value in row.get(prefix + name, ()) if value]
        for name in ("technique_id", "technique", "tactic", "confidence")
    )
    return tuple(
        Technique(id_, names[i], tuple(tactics[i].split(",")), value_parsers.number(confidences[i], 0, 1))
        for i, id_ in enumerate(ids)
        if TECHNIQUE_ID.match(id_)
    )
