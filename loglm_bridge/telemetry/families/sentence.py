"""Sentences of any program: what happened (by phrases that logs share), from where and whom; names taken out."""

from __future__ import annotations

import re

from loglm_bridge.telemetry.canonical.network.addresses import is_ip
from loglm_bridge.telemetry.canonical.network.domain_table import TOP_LEVEL
from loglm_bridge.telemetry.families.phrases import FILE_ENDINGS, NOT_NAMES, PHRASES
from loglm_bridge.telemetry.record import Field

#: Characters of a sentence that are searched for phrases and names.
_MAX_SEARCH = 4_000

_IP = re.compile(
    r"(?<![\w.:/])(?:(?:::ffff:)?\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}|(?=[0-9a-fA-F]{0,4}:)[0-9a-fA-F:]{3,39})"
    r"(?=[:/#](\d{1,5})(?!\d)|[^\w:]|\Z|[.,;:)\]]*(?:\s|\Z))"
)
_USER = re.compile(
    r"\b(?:user(?:name)?|account|login|acct|uname|principal)(?:name)?[ :=]{1,3}"
    r"(?:\"([^\"\s]{1,64})\"|'([^'\s]{1,64})'|`([^`\s]{1,64})`|\[([^\]\s]{1,64})\]|<([^>\s]{1,64})>|([\w.@\\+-]{1,64}))",
    re.IGNORECASE,
)
_FOR = re.compile(
    r"\b(?:login|password|logon|attempt|session|access|opened|closed) for (?:user )?['\"`]?([\w.@\\+-]{1,64})"
)
_HOST = re.compile(r"(?<![\w@./\\:-])(?:[A-Za-z0-9_-]{1,63}\.){1,6}[A-Za-z]{2,18}(?![\w/\\(-]|\.\w)")
_MAC = re.compile(r"(?<![0-9A-Fa-f:-])[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5,31}(?![0-9A-Fa-f:-])")
_PROCESS = re.compile(r"\b(?:pid|tid|ppid|thread)[ =:#]{1,3}\d{1,10}|\[\d{1,7}\]", re.IGNORECASE)


def fields(text: str) -> list[Field]:
    """Return action, src_ip, src_port, user of a sentence where it tells them, and the sentence without host names,
    process numbers and the user's name as `message`.
    """
    head = text[:_MAX_SEARCH]
    out: list[Field] = []
    action = action_of(head)
    if action:
        out.append(("action", action))
    for found in _IP.finditer(head):
        if is_ip(found.group()):
            out.append(("src_ip", found.group()))
            if found.group(1):
                out.append(("src_port", found.group(1)))
            break
    head, user = _without_user(head)
    if user:
        out.append(("user", user))
    head = _HOST.sub(_host, _PROCESS.sub("", _MAC.sub("mac", head)))
    out.append(("message", head + text[_MAX_SEARCH:]))
    return out


def action_of(text: str) -> str:
    """Return the behaviour word of a sentence: the first phrase of the table that it holds."""
    lower = text[:_MAX_SEARCH].lower()
    return next((action for phrase, action in PHRASES if phrase in lower), "")


def _without_user(text: str) -> tuple[str, str]:
    """Take the first name behind a word like "user" out of the text."""
    for pattern in (_USER, _FOR):
        for found in pattern.finditer(text):
            index = next(i for i, g in enumerate(found.groups(), 1) if g is not None)
            name = found.group(index)
            if name.lower().rstrip(".,:") not in NOT_NAMES and not is_ip(name):
                return text[: found.start(index)] + text[found.end(index) :], name.rstrip(".,:")
    return text, ""


def _host(found: re.Match[str]) -> str:
    """Replace a machine's or site's name; file names, packages and versions have dots too and stay."""
    text = found.group()
    last = text.rpartition(".")[2].lower()
    if last in FILE_ENDINGS or text.split(".", 1)[0].lower() in ("org", "com", "net", "io", "java", "javax"):
        return text
    return "domain" if last in TOP_LEVEL or (len(last) == 2 and last.isalpha()) or last == "local" else text
