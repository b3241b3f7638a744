"""Placeholders: words in braces that replace identity, and how braces of the log itself are kept apart."""

from __future__ import annotations

import re

USER = "{user}"
MACHINE = "{machine}"
HOST = "{host}"
SID = "{sid}"
GUID = "{guid}"
HEX = "{hex}"
NUMBER = "{number}"
VERSION = "{version}"
RANDOM = "{random}"
BASE64 = "{base64}"
DECODED = "{decoded}"
TIME = "{time}"
EMAIL = "{email}"
OBFUSCATED = "{obfuscated}"

# The alphabet of all placeholders, including those of addresses and numbers ({private}, {1k-2k}, {<1ms}).
_LOOKALIKE = re.compile(r"\{(?=[A-Za-z0-9_.<>~-]{1,24}\})")


def escape(text: str) -> str:
    """Return the text with each `{word}` of its own written `{_word}`, so that no log line can forge a placeholder."""
    return _LOOKALIKE.sub("{_", text) if "{" in text else text
