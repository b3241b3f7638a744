"""Windows of index time: successive half-open intervals of whole seconds, each complete before it is read.

`_indextime` is the second in which an indexer wrote an event. Unlike `_time` it only increases, so an event that
arrives late falls into a later window and not into one that was already read. Indexers lag and their clocks differ;
the settling lag allows for both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from loglm_bridge.splunk.modinput.checkpoint import Position


@dataclass(frozen=True)
class Window:
    """The seconds from `start` (inclusive) to `end` (exclusive)."""

    start: int
    end: int

    def __contains__(self, second: object) -> bool:
        return isinstance(second, int) and self.start <= second < self.end


def next_window(position: Position, now: float, lag: int, max_seconds: int) -> Optional[Window]:
    """Return the next window of at most `max_seconds` that ended `lag` seconds before `now`, None if none has."""
    end = min(position.second + max_seconds, int(now) - lag)
    return Window(position.second, end) if end > position.second else None


def correct_for_clock(position: Position, now: float, lag: int) -> Optional[Position]:
    """Return the position to continue from at time `now` (epoch seconds); None: start like a new input.

    A position in the future comes from a clock that was ahead and has been set back. Events indexed meanwhile lie after
    the latest event that was read, so reading continues there, minus the lag that the wrong clock did not wait for.
    Nothing is lost, and repeated events have the same event keys.
    """
    if position.second <= now:
        return position
    return None if position.latest is None else Position(min(int(now), position.latest) - lag, position.latest)
