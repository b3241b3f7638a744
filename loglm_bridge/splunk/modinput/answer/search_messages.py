"""Messages in the answer to a search: which of them mean that events are missing.

A search that fails half way answers with status 200 like any other; only its messages tell. So every ERROR counts as a
failure, except those of knowledge objects that add fields to events and remove none. And some messages of lower levels
say that a search ended early. Texts are those of splunkd's messages.conf and of reports from the field.
"""

from __future__ import annotations

import re
from typing import Any, Iterator, Mapping

#: The name of the search process that a message is about, before its text: `[idx1]`, `[subsearch]`.
_ORIGIN = re.compile(r"\A\s*(?:\[[^\]]*\][\s:]*)*")

#: Beginnings of errors about lookups, field extractions and event types that apply to all searches of their kind. The
#: events are all there; fields may be missing.
_HARMLESS = re.compile(
    r"could not load lookup\b"
    r"|the lookup table '[^']*' (does not exist|is invalid|requires)"
    r"|lookup table '[^']*' is empty"
    r"|error '[^']*' for conf '[^']*' and lookup table '[^']*'"
    r"|error using lookup table '[^']*'"
    r"|could not find (all of the specified|any) (lookup|destination) fields in the lookup table"
    r"|assuming implicit lookup table"
    r"|corrupt csv header in csv file"
    r"|failed to parse templatized search for field"
    r"|eventtype '[^']*' (does not exist|is disabled|could not)"
    r"|field extractor name="
    r"|(invalid|bad) (field extraction|transform|regex|key in stanza)\b"
    r"|the limit has been reached for log messages in info\.csv"
    r"|unable to find tag\b",
    re.IGNORECASE,
)

#: What in a message of WARN means that events are missing.
_INCOMPLETE = re.compile(
    r"incomplete|unable to distribute|(could|can)not be (reached|contacted)|timed? ?out|not (be )?searchable"
    r"|prematurely|unexpectedly|execute failed|skipping (search )?peer|peers? (is|are) (down|not available)"
    r"|truncating to maxout|results? (was|were) truncated|error reading from",
    re.IGNORECASE,
)

#: What means, at any level, that the search did not cover its window: it ended early, or its bounds were replaced.
_ENDED_EARLY = re.compile(
    r"auto-?\s?(finali[sz]|cancel|paus)"
    r"|search (job )?(was |has been |is )?(finali[sz]ed|cancell?ed|terminated|paused|stopped)"
    r"|disk usage (quota|limit)|time ?range was substituted|partial results|results? may be (partial|incomplete)",
    re.IGNORECASE,
)

#: What a failing search says at any level, also where it begins like a harmless message.
_FAILED = re.compile(r"execute failed|error in '[^']*' command|search process|search failed", re.IGNORECASE)


def texts_of(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield level and text of each message of a document."""
    messages = document.get("messages")
    for message in messages if isinstance(messages, list) else ():
        if isinstance(message, dict):
            yield str(message.get("type", "")).upper(), str(message.get("text", ""))


def means_missing_events(level: str, text: str) -> bool:
    """Return whether a message means that the answer may lack events of its window."""
    if level == "FATAL" or _ENDED_EARLY.search(text):
        return True
    if level == "ERROR":
        return not is_harmless(text)
    return level == "WARN" and bool(_INCOMPLETE.search(text))


def is_harmless(text: str) -> bool:
    """Return whether an error is about a knowledge object that cannot remove events."""
    origin = _ORIGIN.match(text)
    return bool(_HARMLESS.match(text, origin.end() if origin else 0)) and not _FAILED.search(text)
