"""User agents to product words: which client it is, not which version."""

from __future__ import annotations

import re

from loglm_bridge.telemetry.byte_cache import remembered
from loglm_bridge.telemetry.canonical import placeholders

_MAX_AGENT = 1_024
_MAX_WORDS = 20

_SPLIT = re.compile(r"[\s;,()\[\]/]+")
_NUMBERED = re.compile(r"\A[vr]?\d[\d._+-]*(?:[a-z]{1,3}\d*)?\Z")
#: Locales, build tags and filler that every browser sends.
_NOISE = frozenset(
    {
        "u", "en", "us", "like", "gecko", "khtml", "compatible", "wow64", "win64", "x64", "x86_64", "i686",
        "applewebkit", "en-us",
    }
)  # fmt: skip
_PAYLOAD = re.compile(r"\(\)\s?\{|\$\{|['\"<>`|\\]|/bin/|\.\./|\{\{")
_LINK = re.compile(r"\+?(?:https?://|www\.)[^\s;,)]{1,200}|[\w.+-]{1,64}@[\w.-]{1,100}")
_V4 = re.compile(r"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}", re.ASCII)
_NUMBER = re.compile(r"\d{3,}")


def user_agent(value: str) -> str:
    """Return the product words of a user agent without versions: "curl/8.1.2" -> "curl".

    A header that carries a payload (Shellshock, JNDI, quotes) stays text, with addresses and long numbers masked.
    Syntax of the header: RFC 9110 section 10.1.5.
    """
    return _user_agent(value[:_MAX_AGENT])


@remembered(3)
def _user_agent(value: str) -> str:
    text = placeholders.escape(value.strip())
    if text in ("", "-"):
        return ""
    if _PAYLOAD.search(text):
        return _NUMBER.sub("{n}", _V4.sub("{ip}", text[:200]))
    words: dict[str, None] = {}
    for part in _SPLIT.split(_LINK.sub(" ", text.lower())):
        word = part.strip(".:_-+\t")
        if word and word not in _NOISE and not _NUMBERED.match(word) and len(word) <= 32:
            words[_NUMBER.sub("{n}", _V4.sub("{ip}", word))] = None
        if len(words) >= _MAX_WORDS:
            break
    return " ".join(words)
