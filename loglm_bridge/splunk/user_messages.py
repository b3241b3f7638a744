"""What a user reads about a search: one message that says what, how many, what was done and what to do.

Wording and rule: reference/RELIABILITY.md, section 3.
"""

from __future__ import annotations

from collections import Counter
from typing import Mapping, Optional

from loglm_bridge.contract.errors import LogLMError
from loglm_bridge.contract.safe_text import one_line

#: Statuses of rows that the model never saw because the sidecar could not be asked, or failed.
_UNANSWERED = ("unavailable", "overloaded", "timeout", "error")

#: Characters of a message; the longest of ours with a long field name stays below.
_MAX_MESSAGE = 600


class Tally:
    """Counts rows by status, and keeps the first reason why rows went without labels."""

    def __init__(self) -> None:
        self.statuses: Counter[str] = Counter()
        self.reason: Optional[LogLMError] = None

    def count(self, statuses: Mapping[str, int]) -> None:
        """Add numbers of rows by status."""
        self.statuses.update(statuses)

    def blame(self, reason: LogLMError) -> None:
        """Note why rows go without labels; the first reason is the one that is told."""
        self.reason = self.reason or reason

    @property
    def rows(self) -> int:
        """Rows counted so far."""
        return sum(self.statuses.values())

    def __str__(self) -> str:
        return " ".join([f"rows={self.rows}", *(f"{status}={n}" for status, n in sorted(self.statuses.items()))])


def summary(tally: Tally, *, field: str, prefix: str, ref: str) -> Optional[str]:
    """Return the message of a search that did not label every row, None where it did."""
    parts = _unanswered(tally, prefix)
    empty, unparsed = tally.statuses["empty"], tally.statuses["unparsed"]
    if empty:
        name = one_line(field, 80)
        parts.append(f'{empty:,} of {tally.rows:,} events have no text in field "{name}" ({prefix}status=empty).')
    if unparsed:
        parts.append(f"{unparsed:,} of {tally.rows:,} events hold nothing LogLM can read ({prefix}status=unparsed).")
    return one_line(f"LogLM: {' '.join(parts)} ref={ref}", _MAX_MESSAGE) if parts else None


def failure(error: LogLMError, ref: str) -> str:
    """Return the sentence with which a search stops."""
    return one_line(f"LogLM: {error.user_message()} ref={ref}", _MAX_MESSAGE)


def surprise(error: BaseException, ref: str) -> str:
    """Return the sentence for an error that is a defect of ours; what it says may hold data and goes nowhere."""
    return f"LogLM: internal error ({type(error).__name__}). Look for ref={ref} in index=_internal source=*loglm*"


def _unanswered(tally: Tally, prefix: str) -> list[str]:
    counts = {status: tally.statuses[status] for status in _UNANSWERED if tally.statuses[status]}
    if not counts:
        return []
    total = sum(counts.values())
    said = next(iter(counts)) if len(counts) == 1 else ", ".join(f"{s} {n:,}" for s, n in counts.items())
    fate = f"{total:,} of {tally.rows:,} events returned without labels ({prefix}status={said})."
    if tally.reason is None:
        return [fate]
    return [tally.reason.user_message(fate)]
