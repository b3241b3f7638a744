"""The event: what a search, an input or a file passes to the model."""

from __future__ import annotations

import math
from typing import Any, Mapping, NamedTuple, Optional

from loglm_bridge.contract.errors import InvalidEvent

_TEXT_KEYS = ("raw", "sourcetype", "source", "host", "entity")


class Event(NamedTuple):
    """One event as Splunk holds it. A tuple, because a dataclass takes four times as long to create.

    `raw` is the text of `_raw`; `time` is in epoch seconds. Everything but `raw` is a hint and may be absent
    (empty text, `None`). `entity` groups the events of one actor, which are then read together.
    """

    raw: str
    sourcetype: str = ""
    source: str = ""
    host: str = ""
    time: Optional[float] = None
    entity: str = ""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], where: str = "") -> Event:
        """Build an event from the wire object: `raw`, `sourcetype`, `source`, `host`, `time`, `entity`.

        Unknown keys are ignored, so that a newer client can speak to an older sidecar.

        Raises:
            InvalidEvent: a key has the wrong type; `where` (a JSON pointer) is repeated in the error.
        """
        if not isinstance(data, Mapping):
            raise InvalidEvent("an event must be a JSON object", where=where)
        if "raw" not in data:
            raise InvalidEvent('an event needs the key "raw"', where=where)
        texts = {}
        for key in _TEXT_KEYS:
            value = data.get(key)
            if value is not None and not isinstance(value, str):
                raise InvalidEvent(f'"{key}" must be text, got {type(value).__name__}', where=f"{where}/{key}")
            texts[key] = value or ""
        return cls(time=_epoch(data.get("time"), f"{where}/time"), **texts)

    def to_dict(self) -> dict[str, Any]:
        """Return the wire object; absent hints are left out."""
        data: dict[str, Any] = {"raw": self.raw}
        for key in _TEXT_KEYS[1:]:
            value = getattr(self, key)
            if value:
                data[key] = value
        if self.time is not None:
            data["time"] = self.time
        return data

    @property
    def key(self) -> str:
        """The event key, by which a repeated delivery is recognised: sha256 (hex) over source, time and raw."""
        from hashlib import sha256  # imports OpenSSL, which a search never needs

        time = "" if self.time is None else format(self.time, ".6f")
        content = "\x1f".join((self.source, time, self.raw))
        return sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


def _epoch(value: Any, where: str) -> Optional[float]:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidEvent(f'"time" must be a number of seconds, got {type(value).__name__}', where=where)
    try:
        seconds = float(value)
    except OverflowError:
        seconds = math.inf
    if not math.isfinite(seconds):
        raise InvalidEvent('"time" must be a finite number of seconds', where=where)
    return seconds
