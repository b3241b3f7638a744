"""Raw text made safe: hostile characters become visible, long events are truncated."""

from __future__ import annotations

import re

from loglm_bridge.contract.limits import MAX_RAW_BYTES

# C0 without tab, newline and return; DEL and C1; soft hyphen; zero-width, bidi and invisible operators; line and
# paragraph separators; variation of width (BOM, Mongolian separator, Hangul fillers); lone surrogates;
# interlinear marks; noncharacters; tags.
_HOSTILE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff"
    "\U000e0000-\U000e0fff]"
)
_HOSTILE_RUN = re.compile(f"{_HOSTILE.pattern}+")
#: The ASCII characters that _HOSTILE does not hold.
_HARMLESS = bytes(code for code in range(128) if not _HOSTILE.match(chr(code)))
#: Length below which `isprintable` is the cheaper first check.
_SHORT = 100


def clean_text(text: str) -> str:
    """Return the text with control, bidi, zero-width and lone surrogate characters written as `[U+202E]`.

    A byte order mark at the beginning is dropped. The result encodes to UTF-8, is well-formed in XML, and cannot
    reorder or hide what a person sees (docs/dev/faults.md).
    """
    if text.isascii():
        if (len(text) < _SHORT and text.isprintable()) or not text.encode("ascii").translate(None, _HARMLESS):
            return text
    elif text[:1] == "\ufeff":
        text = text[1:]
    return _HOSTILE_RUN.sub(_visible, text)


def readable(raw: str) -> tuple[str, bool]:
    """Return the clean text of a raw event and whether it was truncated to MAX_RAW_BYTES, before cleaning or after."""
    text, truncated = truncate(raw)
    text, again = truncate(clean_text(text))
    return text, truncated or again


def _visible(match: re.Match[str]) -> str:
    """Return the characters of a run in visible form; each different one is formatted once."""
    run = match[0]
    if len(run) == 1:
        return f"[U+{ord(run):04X}]"
    shown = {character: f"[U+{ord(character):04X}]" for character in set(run)}
    return "".join([shown[character] for character in run])


def truncate(text: str, limit: int = MAX_RAW_BYTES) -> tuple[str, bool]:
    """Return the text's first `limit` bytes of UTF-8, ending at a character boundary, and whether it was truncated."""
    if len(text) * 4 <= limit:
        return text, False
    if text.isascii():
        return text[:limit], len(text) > limit
    data = text[: limit + 1].encode("utf-8", "surrogatepass")
    if len(data) <= limit:
        return text, False
    while data[limit] & 0xC0 == 0x80:  # inside a character
        limit -= 1
    return data[:limit].decode("utf-8", "surrogatepass"), True
