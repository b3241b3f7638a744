"""Messages to a user about a search: what happened, to how many rows, with what consequence, and what to do.

One message per search. docs/dev/faults.md lists the faults and their messages.
"""

from __future__ import annotations

from collections import Counter
from typing import Mapping, Optional

from loglm_bridge.contract.errors import LogLMError
from loglm_bridge.contract.safe_text import one_line

#: Statuses of rows that the model did not label because the sidecar was not reached, or failed.
UNANSWERED = ("unavailable", "overloaded", "timeout", "error")

#: Maximum characters of a message; the longest of ours is shorter, even with a long field name.
_MAX_MESSAGE = 600


class Tally:
    """Counts rows by status, and keeps the first reason why rows have no labels."""

    def __init__(self) -> None:
        self.statuses: Counter[str] = Counter()
        self.reason: Optional[LogLMError] = None

    def count(self, statuses: Mapping[str, int]) -> None:
        """Add numbers of rows by status."""
        self.statuses.update(statuses)

    def note_reason(self, reason: LogLMError) -> None:
        """Record why rows have no labels; only the first reason is kept."""
        self.reason = self.reason or reason

    @property
    def rows(self) -> int:
        """Number of rows counted so far."""
        return sum(self.statuses.values())

    def __str__(self) -> str:
        return " ".join([f"rows={self.rows}", *(f"{status}={n}" for status, n in sorted(self.statuses.items()))])


def summary(tally: Tally, *, field: str, prefix: str, ref: str) -> Optional[str]:
    """Return the message of a search that did not label every row, None where it did."""
    sentences = _unanswered(tally, prefix)
    empty, unparsed = tally.statuses["empty"], tally.statuses["unparsed"]
    if empty:
        name = one_line(field, 80)
        sentences.append(f'{empty:,} of {tally.rows:,} events have no text in field "{name}" ({prefix}status=empty).')
    if unparsed:
        sentences.append(
            f"{unparsed:,} of {tally.rows:,} events contain nothing LogLM can read ({prefix}status=unparsed)."
        )
    return one_line(f"LogLM: {' '.join(sentences)} ref={ref}", _MAX_MESSAGE) if sentences else None


def failure(error: LogLMError, ref: str) -> str:
    """Return the message of a search that stops."""
    return one_line(f"LogLM: {error.user_message()} ref={ref}", _MAX_MESSAGE)


def internal_error(error: BaseException, ref: str) -> str:
    """Return the message for a bug in this app; without the exception's text, which may contain data."""
    return f"LogLM: internal error ({type(error).__name__}). Look for ref={ref} in index=_internal source=*loglm*"


def _unanswered(tally: Tally, prefix: str) -> list[str]:
    counts = {status: tally.statuses[status] for status in UNANSWERED if tally.statuses[status]}
    if not counts:
        return []
    total = sum(counts.values())
    statuses = next(iter(counts)) if len(counts) == 1 else ", ".join(f"{s} {n:,}" for s, n in counts.items())
    consequence = f"{total:,} of {tally.rows:,} events returned without labels ({prefix}status={statuses})."
    return [consequence if tally.reason is None else tally.reason.user_message(consequence)]
