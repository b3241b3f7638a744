"""What stands before a log line's sentence: times in the many spellings of programs, levels, process numbers."""

from __future__ import annotations

import re

_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_ZONE = r"(?:Z{1,2}| ?[+-]\d\d:?\d\d(?!\d)| (?:UTC|GMT|[A-Z]{1,3}T)(?=[ \]]))?"
_CLOCK = r"\d{1,2}[:.]\d\d(?:[:.]\d\d(?:[:.,]\d{1,9})?)?(?: [AP]M)?" + _ZONE
#: A date and a clock, epoch seconds, or the bare digits of Hadoop (yymmdd hhmmss).
_TIME = re.compile(
    rf"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +)?(?:"
    rf"{_MONTH} {{1,2}}\d{{1,2}},?(?: \d{{4}})? {_CLOCK}(?: \d{{4}})?"
    rf"|\d{{1,2}}[-/ ]{_MONTH}[-/ ]\d{{4}}[ :T]{_CLOCK}"
    rf"|\d{{4}}[-/.]?\d\d[-/.]?\d\d[T ,:-]{{1,3}}{_CLOCK}"
    rf"|\d\d[-/.]\d\d[-/.]\d{{2,4}}[ ,:-]{{1,3}}{_CLOCK}"
    rf"|\d\d[-/.]\d\d[ -]{_CLOCK}"
    r"|\d{6} \d{6}|\d{10}(?:\.\d{1,9}){0,2}(?= )|\d{13}(?= )"
    r"|\d{4}[-.]\d\d[-.]\d\d(?:-\d\d\.\d\d\.\d\d\.\d{1,6})?(?= )"
    r")"
)
_LEVEL = re.compile(
    r"(TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERR(?:OR)?|CRIT(?:ICAL)?|FATAL|ALERT|WRN|INF|EROR|LOG|NOTE"
    r"|[VDIWEF](?= [A-Z]))(?![\w.])",
    re.IGNORECASE,
)
_EDGES = re.compile(r"[\s\[\](){}|:,;*#<>-]{1,12}")
_PROCESS = re.compile(r"(?:\d{1,7}(?=[ \]])|pid \d{1,10}(?::tid \d{1,20})?|\d{1,10}#\d{1,10})(?=[\]\s:])")
_MAX_PARTS = 10


def strip(text: str) -> tuple[str, str]:
    """Return the text without times, levels and process numbers in front, and the level in lower case if there is one.

    At most ten such parts are taken off; each is matched at the place where the last one ended, so the cost is bounded.
    """
    position, level = 0, ""
    stamped = False
    for _ in range(_MAX_PARTS):
        edge = _EDGES.match(text, position)
        start = edge.end() if edge else position
        time = _TIME.match(text, start)
        if time:
            position, stamped = time.end(), True
            continue
        process = _PROCESS.match(text, start) if stamped else None
        if process:
            position = process.end()
            continue
        found = _LEVEL.match(text, start) if not level else None
        if found is None:
            break
        level, position = found.group(1).lower(), found.end()
    edge = _EDGES.match(text, position) if position else None
    body = text[_kept(text, edge) if edge else position :].strip()
    return (body, level) if body else (text.strip(), "")


def _kept(text: str, edge: re.Match[str]) -> int:
    """Return where the body starts: an opening bracket in front of it belongs to it."""
    end = edge.end()
    while end > edge.start() and text[end - 1] in "[({<":
        end -= 1
    return end
