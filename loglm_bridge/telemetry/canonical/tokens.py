"""Class tokens: words in braces for the identity that was taken out, and how a log's own braces stay apart."""

from __future__ import annotations

import re

USER = "{user}"
MACHINE = "{machine}"
HOST = "{host}"
SID = "{sid}"
GUID = "{guid}"
HEX = "{hex}"
HASH = "{hash}"
NUMBER = "{number}"
VERSION = "{version}"
RANDOM = "{random}"
BASE64 = "{base64}"
DECODED = "{decoded}"
TIME = "{time}"
EMAIL = "{email}"
OBFUSCATED = "{obfuscated}"

# The alphabet of every class token, those of addresses and numbers too ({private}, {1k-2k}, {<1ms}).
_LOOKALIKE = re.compile(r"\{(?=[A-Za-z0-9_.<>~-]{1,24}\})")


def escape(text: str) -> str:
    """Return the text with any `{word}` of its own written `{_word}`, so that no log line can spell a class token."""
    return _LOOKALIKE.sub("{_", text) if "{" in text else text
