"""Entity state: what a model carries from earlier events of an entity to later ones, opaque to everybody else.

The sidecar returns it with a reply, and the client sends it with that entity's next events (wire key `past`). So the
sidecar stores nothing per entity, any sidecar can continue where another stopped, and no event is sent twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Mapping

#: Maximum earlier events that a state covers: half a window (limits.MAX_WINDOW_EVENTS), so new ones get the other half.
MAX_STATE_EVENTS = 32

#: Maximum characters of one entity's state.
MAX_STATE_CHARACTERS = 65_536


@dataclass(frozen=True)
class EntityState:
    """State by entity: `incoming` before the events of a request, `outgoing` after the model has read them."""

    incoming: Mapping[str, str] = field(default_factory=dict)
    outgoing: dict[str, str] = field(default_factory=dict)


def check_state(value: Any) -> Mapping[str, str]:
    """Return the JSON value of the key `past`. Raises TypeError unless it is an object of strings."""
    if not isinstance(value, Mapping) or not set(map(type, value.values())) <= {str}:
        raise TypeError("past must be an object of strings")
    return value
