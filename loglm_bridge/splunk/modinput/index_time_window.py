"""Windows of index time: half-open spans of whole seconds, one after the other, none of them still filling.

`_indextime` is when an indexer wrote an event, in whole seconds. Unlike `_time` it only grows, so an event that arrives
late falls into a later window instead of one that was read already. Indexers run behind and their clocks differ; the
settling lag waits for both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from loglm_bridge.splunk.modinput.checkpoint import Position


@dataclass(frozen=True)
class Window:
    """The seconds from `start` (in) to `end` (out)."""

    start: int
    end: int

    def __contains__(self, second: object) -> bool:
        return isinstance(second, int) and self.start <= second < self.end


def next_window(position: Position, now: float, lag: int, longest: int) -> Optional[Window]:
    """Return the next span of at most `longest` seconds that ended `lag` seconds before `now`, None if none has."""
    end = min(position.second + longest, int(now) - lag)
    return Window(position.second, end) if end > position.second else None


def anchored(position: Position, now: float, lag: int) -> Optional[Position]:
    """Return the position to go on from, given that the clock says `now`; None: begin as a new input does.

    A position in the future comes from a clock that was ahead and has been set back. Whatever was indexed meanwhile
    lies after the last event that was seen, so reading goes on there, less the lag that the wrong clock cut short:
    nothing is lost, and what those seconds repeat has the same event keys.
    """
    if position.second <= now:
        return position
    return None if position.seen is None else Position(min(int(now), position.seen) - lag, position.seen)
