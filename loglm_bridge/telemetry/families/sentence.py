"""Sentences of any program: action, address and user, told by phrases that logs share; names are removed."""

from __future__ import annotations

import re

from loglm_bridge.telemetry.canonical.network.addresses import is_ip
from loglm_bridge.telemetry.canonical.network.domain_table import TOP_LEVEL
from loglm_bridge.telemetry.families.phrases import FILE_ENDINGS, NOT_NAMES, PHRASES
from loglm_bridge.telemetry.record import Field

#: Characters of a sentence that are searched for phrases and names.
_MAX_SEARCH = 4_000
#: First parts of dotted names of packages and classes.
_PACKAGE_ROOTS = frozenset({"org", "com", "net", "io", "java", "javax"})

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
    """Return the action, src_ip, src_port and user that a sentence states, and the sentence as `message`.

    The message is without host names, process ids and the user's name.
    """
    head = text[:_MAX_SEARCH]
    action = action_of(head)
    stated = [("action", action)] if action else []
    stated += _address(head)
    head, user = _split_user(head)
    if user:
        stated.append(("user", user))
    head = _HOST.sub(_mask_host, _PROCESS.sub("", _MAC.sub("mac", head)))
    return [*stated, ("message", head + text[_MAX_SEARCH:])]


def action_of(text: str) -> str:
    """Return the action of a sentence: that of the table's first phrase in it, empty where it has none."""
    lower = text[:_MAX_SEARCH].lower()
    return next((action for phrase, action in PHRASES if phrase in lower), "")


def _address(text: str) -> list[Field]:
    """Return the first address of a sentence, and the port after it."""
    for match in _IP.finditer(text):
        if is_ip(match.group()):
            port = [("src_port", match.group(1))] if match.group(1) else []
            return [("src_ip", match.group()), *port]
    return []


def _split_user(text: str) -> tuple[str, str]:
    """Return the text without the first name after a word like "user", and that name."""
    for pattern in (_USER, _FOR):
        for match in pattern.finditer(text):
            index = next(i for i, group in enumerate(match.groups(), 1) if group is not None)
            name = match.group(index)
            if name.lower().rstrip(".,:") not in NOT_NAMES and not is_ip(name):
                return text[: match.start(index)] + text[match.end(index) :], name.rstrip(".,:")
    return text, ""


def _mask_host(match: re.Match[str]) -> str:
    """Return "domain" for a host or domain name; dotted names of files, packages and versions stay."""
    text = match.group()
    last = text.rpartition(".")[2].lower()
    if last in FILE_ENDINGS or text.split(".", 1)[0].lower() in _PACKAGE_ROOTS:
        return text
    return "domain" if last in TOP_LEVEL or (len(last) == 2 and last.isalpha()) or last == "local" else text
