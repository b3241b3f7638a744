"""Untrusted text made safe to show: in a log line, a notable event, an XML stream."""

from __future__ import annotations

import re

#: Maximum characters of one log line; longer ones are cut off.
MAX_LINE = 512

# C0 without tab and newline; DEL and C1; soft hyphen; zero-width, bidi and invisible operators; line and paragraph
# separators; byte order mark and noncharacters; lone surrogates; tags. What XML 1.0 forbids is a subset.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb"
    "\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)


def escape_unsafe(text: str) -> str:
    r"""Return the text with control, bidi, zero-width and lone surrogate characters as escapes such as `\u202e`.

    Tab and newline stay; a carriage return before a newline is removed. The result encodes to UTF-8 and is valid in
    XML 1.0: a single NUL or lone surrogate makes a modular input's whole stream unreadable (docs/dev/splunk-facts.md).
    """
    if text.isascii() and text.isprintable():
        return text
    return _UNSAFE.sub(_escape, text.replace("\r\n", "\n"))


def one_line(text: str, limit: int = MAX_LINE) -> str:
    r"""Return the text as one line of at most `limit` characters: unsafe ones escaped, newline as `\n`, tab as `\t`.

    Untrusted text can then neither forge a second log line nor move a terminal's cursor.
    """
    line = escape_unsafe(text[: limit + 1]).replace("\n", "\\n").replace("\t", "\\t")
    return line if len(line) <= limit else line[: limit - 1] + "…"


def truncate(text: str, limit: int) -> str:
    """Return at most `limit` characters of the text, followed by a note of how many more there were."""
    return text if len(text) <= limit else f"{text[:limit]} … ({len(text) - limit} more characters)"


def _escape(match: re.Match[str]) -> str:
    code_point = ord(match[0])
    return f"\\u{code_point:04x}" if code_point <= 0xFFFF else f"\\U{code_point:08x}"
