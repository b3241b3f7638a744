"""Times as callers write them, converted to epoch seconds."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any, Optional


def epoch_seconds(value: Any) -> Optional[float]:
    """Return epoch seconds of a number, a numeric text or an ISO 8601 text (UTC where no zone is given).

    Anything else gives None, as does a time out of range: a time is a hint, never a reason to reject an event.
    """
    if isinstance(value, bool) or value is None:
        return None
    try:
        seconds = float(value)
    except (TypeError, ValueError, OverflowError):
        return _iso(value)
    return seconds if math.isfinite(seconds) else None


def _iso(value: Any) -> Optional[float]:
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return moment.timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
