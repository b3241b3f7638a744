"""Entity state: what a model carries from earlier events of an entity to later ones, opaque to everybody else.

It travels: the sidecar returns it with a reply, and the client sends it with that entity's next events (wire key
`past`). So the sidecar remembers nobody, any sidecar can continue where another stopped, and no event is sent twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Mapping

#: Earlier events that a state covers: half a window (limits.MAX_SEQUENCE), so that the other half is for new ones.
MAX_STATE_EVENTS = 32

#: Maximum characters of one entity's state that are read.
MAX_STATE_CHARACTERS = 65_536


@dataclass(frozen=True)
class EntityState:
    """State by entity: `incoming` before the events of a request, `outgoing` after the model has read them."""

    incoming: Mapping[str, str] = field(default_factory=dict)
    outgoing: dict[str, str] = field(default_factory=dict)
