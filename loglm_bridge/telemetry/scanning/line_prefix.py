"""The prefix of a log line: times in the spellings of many programs, levels, process ids."""

from __future__ import annotations

import re

_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_ZONE = r"(?:Z{1,2}| ?[+-]\d\d:?\d\d(?!\d)| (?:UTC|GMT|[A-Z]{1,3}T)(?=[ \]]))?"
_CLOCK = r"\d{1,2}[:.]\d\d(?:[:.]\d\d(?:[:.,]\d{1,9})?)?(?: [AP]M)?" + _ZONE
#: A date and a clock time, epoch seconds, or the bare digits of Hadoop (yymmdd hhmmss).
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
_DELIMITERS = re.compile(r"[\s\[\](){}|:,;*#<>-]{1,12}")
_PROCESS = re.compile(r"(?:\d{1,7}(?=[ \]])|pid \d{1,10}(?::tid \d{1,20})?|\d{1,10}#\d{1,10})(?=[\]\s:])")
_MAX_PARTS = 10


def strip_prefix(text: str) -> tuple[str, str]:
    """Return the text without times, levels and process ids at its beginning, and the level in lower case or "".

    At most ten such parts are removed; each is matched where the last one ended, so that the cost is bounded.
    """
    position, level = 0, ""
    has_time = False
    for _ in range(_MAX_PARTS):
        delimiters = _DELIMITERS.match(text, position)
        start = delimiters.end() if delimiters else position
        time = _TIME.match(text, start)
        if time:
            position, has_time = time.end(), True
            continue
        process = _PROCESS.match(text, start) if has_time else None
        if process:
            position = process.end()
            continue
        level_match = _LEVEL.match(text, start) if not level else None
        if level_match is None:
            break
        level, position = level_match.group(1).lower(), level_match.end()
    delimiters = _DELIMITERS.match(text, position) if position else None
    body = text[_body_start(text, delimiters) if delimiters else position :].strip()
    return (body, level) if body else (text.strip(), "")


def _body_start(text: str, delimiters: re.Match[str]) -> int:
    """Return where the body starts: an opening bracket directly before it belongs to it."""
    start = delimiters.end()
    while start > delimiters.start() and text[start - 1] in "[({<":
        start -= 1
    return start
