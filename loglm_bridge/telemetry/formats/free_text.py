"""Text of no known format, the last resort: sentences."""

from __future__ import annotations

import re

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.families import sentence
from loglm_bridge.telemetry.families.network import network_os
from loglm_bridge.telemetry.families.unix import linux
from loglm_bridge.telemetry.formats import body as bodies
from loglm_bridge.telemetry.record import Record
from loglm_bridge.telemetry.scanning import line_prefix

_WORD = re.compile(r"[^\W\d_]{2,}|\w{4,}")
#: Share of characters that must be readable; escaped control characters count against it.
_MIN_READABLE = 0.7


def parse(text: str, event: Event) -> Record:
    """Return the text as one message: status `empty` where it is blank, `unparsed` where it is not readable.

    Times and levels at its beginning are removed. What follows is tried as another format and as a known program's
    sentence before it counts as free text.
    """
    line = text.strip()
    if not line:
        return Record("text", "text", "", (), status="empty")
    if not is_readable(line):
        return Record("text", "text", "", (("message", line[:400]),), status="unparsed")
    rest, level = line_prefix.strip_prefix(line)
    record = network_os.parse("text", rest)
    if record is None and rest is not line:
        record = bodies.parse(rest, event)
    if record is None:
        record = linux.known_sentence("text", rest)
    if record is not None:
        return record
    severity = (("severity", level),) if level else ()
    return Record("text", "text", "", (*sentence.fields(rest), *severity))


def is_readable(text: str) -> bool:
    """Distinguish text that a person can read from binary data."""
    head = text[:2_000]
    escaped = head.count("[U+") * 8 + head.count("\ufffd")
    readable = len(head) if head.isprintable() else sum(c.isprintable() or c in "\n\t\r" for c in head)
    return (readable - escaped) >= _MIN_READABLE * len(head) and _WORD.search(head) is not None
