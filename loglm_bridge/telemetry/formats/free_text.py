"""Text of no known format, the last resort: a sentence is still an event."""

from __future__ import annotations

import re

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.record import Record

_WORD = re.compile(r"[^\W\d_]{2,}")
_STAMP = re.compile(
    r"\[?(?:(?:[A-Z][a-z]{2},? )?(?:\d{1,2}[- ])?[A-Z][a-z]{2}[- ]\d{1,4}[ ,:-]+"
    r"|\d{4}[-/.]\d\d[-/.]\d\d[T ,:-]+|\d\d[/.]\d\d[/.]\d{2,4}[ ,:-]+)"
    r"\d\d?[:.]\d\d[:.]\d\d(?:[.,]\d{1,9})?(?: [AP]M)?(?:Z| ?[+-]\d\d:?\d\d| [A-Z]{3,4}(?=[ \]]))?(?: \d{4})?[\]:|]?\s*"
)
_LEVEL = re.compile(
    r"[\[|(<\s-]{0,8}(TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERR(?:OR)?|CRIT(?:ICAL)?|FATAL|ALERT|WRN|INF)\b"
    r"[\]|)>:,\s-]{0,8}",
    re.IGNORECASE,
)
#: Share of characters that must be readable, and of replacement or control marks that may not be exceeded.
_READABLE = 0.7


def parse(text: str, event: Event) -> Record:  # noqa: ARG001 (one signature for all formats)
    """Return the text as one message: `empty` where it is blank, `unparsed` where nothing in it can be read."""
    line = text.strip()
    if not line:
        return Record("text", "text", "", (), status="empty")
    if not _is_readable(line):
        return Record("text", "text", "", (("message", line[:400]),), status="unparsed")
    stamp = _STAMP.match(line)
    body = line[stamp.end() :] if stamp else line
    level = _LEVEL.match(body, 0, 40)
    fields = (("severity", level.group(1).lower()),) if level else ()
    body = body[level.end() :] if level else body
    return Record("text", "text", "", (*fields, ("message", body or line)))


def _is_readable(text: str) -> bool:
    head = text[:2_000]
    marks = head.count("[U+") * 8 + head.count("\ufffd")
    readable = sum(c.isprintable() or c in "\n\t\r" for c in head)
    return (readable - marks) >= _READABLE * len(head) and _WORD.search(head) is not None
