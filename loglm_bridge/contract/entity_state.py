"""What a model knows of earlier events of entities, in its own words: a client keeps it, and gives it back with later
events of theirs.

So the sidecar need not remember whom it read, any sidecar can go on where another stopped, and no event is sent twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Mapping

#: Events of an entity that its past tells of: half a window (limits.MAX_SEQUENCE), the other half is for what is new.
KEPT = 32

#: Characters of an entity's past; bounds what is read of one.
MAX_PAST = 65_536


@dataclass(frozen=True)
class EntityState:
    """Texts by entity that the model wrote: `told` of earlier events, `left` once it has read those of a request."""

    told: Mapping[str, str] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)
