"""Scanning of `name=value` lists and quoted strings: one pass, whatever the separators."""

from __future__ import annotations

import re
from itertools import islice

from loglm_bridge.telemetry.record import Field

#: Pairs of one text that are read.
MAX_PAIRS = 160
#: Characters of a text in which `is_pair_list` counts pairs.
_MAX_SEARCH = 4_000

# A name, "=" (or ":" before a quoted value), then a quoted value or nothing: an unquoted value is the text before the
# next name. Possessive quantifiers keep the scan linear.
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
    """Return the (name, value) pairs of a text in order, and the words outside all pairs.

    Quoted values are unescaped. An unquoted value ends at a blank or, in a list separated by `,;|^` or tabs, at the
    separator before the next name.
    """
    matches = list(islice(_PAIR.finditer(text), MAX_PAIRS))
    if not matches:
        return [], text.strip()
    separated = _is_separated(text, matches)
    fields: list[Field] = []
    rest = [text[: matches[0].start(1)]]
    for index, match in enumerate(matches):
        end = matches[index + 1].start(1) if index + 1 < len(matches) else len(text)
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
    """Return the value with escaped quotes, backslashes, equals signs, bars and slashes unescaped; `C:\\new` stays."""
    return _ESCAPE.sub(r"\1", value) if "\\" in value else value


def is_pair_list(text: str, min_pairs: int = 2) -> bool:
    """Return whether the first 4,000 characters of a text have at least `min_pairs` pairs."""
    return sum(1 for _ in islice(_PAIR.finditer(text, 0, _MAX_SEARCH), min_pairs)) >= min_pairs


def _is_separated(text: str, matches: list[re.Match[str]]) -> bool:
    """Return whether most names follow a separator other than a blank."""
    separators = 0
    for match in matches[1:]:
        before = text[max(0, match.start(1) - 3) : match.start(1)].rstrip(" \r\n")
        if before and before[-1] in _SEPARATORS:
            separators += 1
    return len(matches) > 1 and separators * 2 > len(matches) - 1
