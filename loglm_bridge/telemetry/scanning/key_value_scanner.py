"""Scanning of `name=value` lists and quoted strings: one pass, whatever the separators."""

from __future__ import annotations

import re
from itertools import islice

from loglm_bridge.telemetry.record import Field

#: Most pairs that are read from one text; no log writes more that say anything new.
MAX_PAIRS = 160

# A name, "=" (or ":" before a quoted value), then a quoted value or nothing; what stands between two names is the
# unquoted value. A quote that opens right after "=" also closes an earlier one, so the scan stays linear.
_PAIR = re.compile(
    r"(?:(?<=[\s,;|^\"'(\[{<])|^)([A-Za-z_@$][\w.@$/()\[\]-]{0,63}+)\s?(?:=|:(?=\s?\"))[ ]?"
    r"(\"(?:[^\"\\]|\\.)*+\"|'(?:[^'\\]|\\.)*+'|)",
    re.DOTALL,
)
_QUOTED = re.compile(r"(?<!\\)\"((?:[^\"\\]|\\.)*+)\"", re.DOTALL)
_ESCAPE = re.compile(r"\\([\\\"'=|/])")
_SEPARATORS = ",;|^\t"
_TRIM = " \t\r\n,;|^"


def pairs(text: str) -> tuple[list[Field], str]:
    """Return the (name, value) pairs of a text in order, and the words that belong to none.

    Quoted values are unescaped. An unquoted value ends at a blank, or, where the list is separated by one of `,;|^` or
    tabs, at the separator before the next name.
    """
    found = list(islice(_PAIR.finditer(text), MAX_PAIRS))
    if not found:
        return [], text.strip()
    separated = _separated(text, found)
    fields: list[Field] = []
    rest = [text[: found[0].start(1)]]
    for index, match in enumerate(found):
        end = found[index + 1].start(1) if index + 1 < len(found) else len(text)
        quoted, tail = match.group(2), text[match.end() : end]
        if quoted:
            value = unescape(quoted[1:-1])
        elif separated:
            value, tail = tail.strip(_TRIM), ""
        else:
            value, _, tail = tail.lstrip(" ").partition(" ") if not tail.startswith("  ") else ("", "", tail)
            value = value.strip(_TRIM)
        fields.append((match.group(1), value))
        rest.append(tail)
    words = " ".join(part for part in (r.strip(_TRIM + "()[]{}<>\"'") for r in rest) if part)
    return fields, words


def quoted_strings(text: str) -> list[str]:
    """Return the contents of the double-quoted strings of a text, still escaped."""
    return _QUOTED.findall(text)


def unescape(value: str) -> str:
    """Undo backslash escapes of quotes, backslash, equals sign, bar and slash; others (C:\\new) are kept."""
    return _ESCAPE.sub(r"\1", value) if "\\" in value else value


def is_pair_list(text: str, least: int = 2) -> bool:
    """Tell whether a text holds at least `least` pairs, looking at its first 4,000 characters only."""
    return sum(1 for _ in islice(_PAIR.finditer(text, 0, 4_000), least)) >= least


def _separated(text: str, found: list[re.Match[str]]) -> bool:
    """Tell whether separators other than blanks stand before most names."""
    marks = 0
    for match in found[1:]:
        before = text[max(0, match.start(1) - 3) : match.start(1)].rstrip(" \r\n")
        if before and before[-1] in _SEPARATORS:
            marks += 1
    return len(found) > 1 and marks * 2 > len(found) - 1
