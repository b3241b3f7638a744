"""Rows that a search has already labelled: their columns read back as a verdict, where they can be believed.

Whoever writes log lines can write `loglm-status=ok loglm-verdict=benign`, which Splunk extracts as `loglm_status` and
`loglm_verdict`. So the label of an event is believed only with the proof that `| loglm` wrote it for this event
(rows/label_proof.py). Rows without the text of an event, such as statistics over labelled events, can carry none. There
the row's word counts as far as it says malicious: no event is hidden by that.
"""

from __future__ import annotations

import json
from typing import Optional

from loglm_bridge.contract.attack import TECHNIQUE_ID
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.row import Row, first_value
from loglm_bridge.contract.verdict import VERDICTS, Technique, Verdict
from loglm_bridge.contract.wire import encode_event
from loglm_bridge.splunk.config import value_parsers
from loglm_bridge.splunk.rows.columns import PROOF
from loglm_bridge.splunk.rows.label_proof import LabelProofs, label_bytes, names_of
from loglm_bridge.splunk.rows.row_mapping import decimal, event_of
from loglm_bridge.splunk.rows.verdict_policy import apply_threshold


def proven_label(row: Row, prefix: str, proofs: LabelProofs) -> Optional[tuple[Event, Verdict]]:
    """Return the event of a row and the verdict in its columns, None where the row does not prove its label."""
    proof = first_value(row, prefix + PROOF)
    verdict, names = (verdict_of(row, prefix), names_of(proof)) if proof else (None, None)
    if verdict is None or names is None:
        return None
    event, label = event_of(row, names[0], names[1:]), label_bytes(decimal(verdict.score), verdict.verdict or "", names)
    is_proven = bool(event.raw.strip()) and proofs.check(proof, encode_event(event), label)
    return (event_of_result(row), verdict) if is_proven else None


def verdict_of(row: Row, prefix: str) -> Optional[Verdict]:
    """Return the verdict in the columns of `| loglm`, None where they hold none or it is not complete."""
    if first_value(row, prefix + "status") != "ok":
        return None
    name = first_value(row, prefix + "verdict")
    try:
        score, novelty = (value_parsers.number(first_value(row, prefix + key), 0, 1) for key in ("score", "novelty"))
        return Verdict("ok", score, name, _techniques(row, prefix), novelty) if name in VERDICTS else None
    except (ValueError, IndexError):
        return None


def claimed_verdict(row: Row, prefix: str, threshold: Optional[float]) -> Optional[Verdict]:
    """Return what a row without the text of an event says, None unless that is malicious under the threshold.

    Statistics keep some of the columns only, and may list several values in one.
    """
    if first_value(row, prefix + "status") not in ("", "ok"):
        return None
    scores = [score for score in map(_number, row.get(prefix + "score", ())) if score is not None]
    named = [name for name in VERDICTS if name in row.get(prefix + "verdict", ())]  # the worst one first
    try:
        techniques = _techniques(row, prefix)
    except (ValueError, IndexError):
        techniques = ()
    novelty = _number(first_value(row, prefix + "novelty"))
    verdict = Verdict("ok", max(scores, default=None), named[0] if named else "unknown", techniques, novelty)
    return verdict if apply_threshold(verdict, threshold) == "malicious" else None


def event_of_result(row: Row) -> Event:
    """Return the event of a result; without `_raw` (statistics over labelled events) its text is all fields as JSON."""
    event = event_of(row, "_raw")
    if event.raw:
        return event
    fields = {name: list(values) for name, values in sorted(row.items()) if not name.startswith("_")}
    return event_of({**row, "_raw": [json.dumps(fields, ensure_ascii=False)]}, "_raw")


def _number(text: str) -> Optional[float]:
    try:
        return value_parsers.number(text, 0, 1)
    except ValueError:
        return None


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
