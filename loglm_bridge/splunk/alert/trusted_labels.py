"""Rows that a search has labelled already: their columns read back as a verdict, where they can be believed."""

from __future__ import annotations

import json
import re
from typing import Optional

from loglm_bridge.contract.attack import TECHNIQUE_ID
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.row import first_value
from loglm_bridge.contract.verdict import VERDICTS, Technique, Verdict
from loglm_bridge.splunk.config import value_parsers
from loglm_bridge.splunk.modinput.search_export import Row
from loglm_bridge.splunk.rows.row_mapping import event_of

#: Statuses with which the model has said all it can; any other row is labelled anew.
_FINAL = ("ok", "empty", "unparsed", "error")

#: What can bring a field of a name into a row: the name itself, or an escape that spells it.
_ESCAPES = r"\\u00|\\x|&#|%[46]"


def verdict_of(row: Row, prefix: str) -> Optional[Verdict]:
    """Return the verdict in the columns that `| loglm` wrote, None where the row has none to be believed.

    Splunk extracts `name=value` from any event by itself, so a log line could bring its own `loglm_verdict=benign`. A
    row whose text holds the prefix, or an escape that might spell it, is therefore labelled anew.
    """
    status = first_value(row, prefix + "status")
    forged = re.search(f"{re.escape(prefix)}|{_ESCAPES}", first_value(row, "_raw"), re.IGNORECASE)
    if status not in _FINAL or forged:
        return None
    if status != "ok":
        return Verdict(status)
    word = first_value(row, prefix + "verdict")
    try:
        score, novelty = (value_parsers.number(first_value(row, prefix + name), 0, 1) for name in ("score", "novelty"))
        return Verdict("ok", score, word, _techniques(row, prefix), novelty) if word in VERDICTS else None
    except (ValueError, IndexError):
        return None


def event_in(row: Row) -> Event:
    """Return the event of a row; one without `_raw` (a statistic over labelled events) is told by all its fields."""
    event = event_of(row, "_raw")
    if event.raw:
        return event
    shown = {name: list(values_) for name, values_ in sorted(row.items()) if not name.startswith("_")}
    return event_of({**row, "_raw": [json.dumps(shown, ensure_ascii=False)]}, "_raw")


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
