"""Text of no known format, the last resort: a sentence is still an event."""

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
#: Share of characters that must be readable; spelt-out control characters count against it.
_READABLE = 0.7


def parse(text: str, event: Event) -> Record:
    """Return the text as one message: `empty` where it is blank, `unparsed` where nothing in it can be read.

    Times and levels in front are taken off; what follows is read by the other formats and by the sentences that
    programs are known to write, before it counts as free text.
    """
    line = text.strip()
    if not line:
        return Record("text", "text", "", (), status="empty")
    if not is_readable(line):
        return Record("text", "text", "", (("message", line[:400]),), status="unparsed")
    rest, level = line_prefix.strip(line)
    found = network_os.parse("text", rest)
    if found is None and rest is not line:
        found = bodies.parse(rest, event)
    if found is None:
        found = linux.sentence("text", rest)
    if found is not None:
        return found
    severity = (("severity", level),) if level else ()
    return Record("text", "text", "", (*sentence.fields(rest), *severity))


def is_readable(text: str) -> bool:
    """Tell a text that a person could read from binary rubbish."""
    head = text[:2_000]
    marks = head.count("[U+") * 8 + head.count("\ufffd")
    readable = len(head) if head.isprintable() else sum(c.isprintable() or c in "\n\t\r" for c in head)
    return (readable - marks) >= _READABLE * len(head) and _WORD.search(head) is not None
