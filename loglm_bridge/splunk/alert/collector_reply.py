"""An answer of the HTTP event collector, or of a proxy in its place."""

from __future__ import annotations

import json
import ssl
from dataclasses import dataclass, field
from typing import Any, Mapping, Optional

from loglm_bridge.contract.limits import MAX_ECHO
from loglm_bridge.contract.safe_text import one_line
from loglm_bridge.splunk.config.credentials import REALM

#: Name of the event collector's token in storage/passwords.
HEC_NAME = "hec"

SAVE_TOKEN = f"save it in storage/passwords (realm {REALM}, name {HEC_NAME}) and let the alert's owner read it"

#: Codes of an answer 200 that warns of a full queue.
ACCEPTED_WITH_WARNING = (24, 25)

#: The token wants acknowledgements, and so a channel.
CHANNEL_MISSING = 10

#: Codes about a single event, about the token, about the index.
_INVALID_EVENT, _TOKEN, _INDEX = (6, 12, 13, 15), (1, 2, 3, 4, 16), (7,)

#: Statuses below 500 that a later attempt may overcome.
_BUSY_STATUSES = (408, 429)

#: The status of a call without an answer.
NO_ANSWER = 0

#: Codes in place of the collector's: the answer is not its own; its certificate is not trusted.
_FOREIGN, _UNTRUSTED = -1, -2

#: Maximum seconds that an answer may ask to wait.
_MAX_RETRY_AFTER = 60.0


@dataclass(frozen=True)
class CollectorReply:
    """An answer: HTTP status, code and text of the collector, and what else it names."""

    status: int
    code: int
    text: str
    invalid_index: Optional[int] = None
    ack_id: Optional[int] = None
    retry_after: Optional[float] = None
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def accepted(self) -> bool:
        """Whether all events of the batch were accepted."""
        return self.code == 0 or (self.status == 200 and self.code in ACCEPTED_WITH_WARNING)

    @property
    def is_busy(self) -> bool:
        """Whether the same request may succeed later."""
        return self.code != _UNTRUSTED and (self.status in (NO_ANSWER, *_BUSY_STATUSES) or self.status >= 500)

    @property
    def is_about_an_event(self) -> bool:
        """Whether a single event is refused."""
        return self.code in _INVALID_EVENT

    @property
    def is_about_index(self) -> bool:
        """Whether the index is refused, not the token."""
        return self.code in _INDEX

    @property
    def hint(self) -> str:
        """What a person can do about it."""
        if self.code in _TOKEN:
            return f"correct the collector's token: {SAVE_TOKEN}"
        if self.code == _UNTRUSTED:
            return "set [hec] ca_file in loglm.conf to the authorities that sign the collector's certificate"
        if self.code in _INDEX:
            return "create the index, or let the collector's token write to it"
        if self.is_busy:
            return "check the event collector's queues and [hec] url in loglm.conf"
        return "check [hec] url in loglm.conf and what stands in front of the event collector"


def read_reply(body: bytes, status: int, retry_after: Optional[str] = None) -> CollectorReply:
    """Return the answer with this body and status; `retry_after` is the header of that name."""
    wait = min(float(retry_after), _MAX_RETRY_AFTER) if retry_after and retry_after.isdigit() else None
    try:
        data = json.loads(body.decode("utf-8", "replace"), strict=False)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        # a page of a proxy or load balancer
        return CollectorReply(status, _FOREIGN, f"HTTP {status}", retry_after=wait)
    code = data.get("code")
    if isinstance(code, bool) or not isinstance(code, int):
        return CollectorReply(status, _FOREIGN, f"HTTP {status}", retry_after=wait, data=data)
    text = f"{one_line(str(data.get('text')), MAX_ECHO)} (code {code})"
    invalid = _whole(data.get("invalid-event-number")) if code in _INVALID_EVENT else None
    return CollectorReply(status, code, text, invalid, _whole(data.get("ackId")), wait, data)


def failed_call(error: Exception) -> CollectorReply:
    """Return what stands for the answer of a call that failed."""
    if isinstance(error, ssl.SSLError):
        return CollectorReply(NO_ANSWER, _UNTRUSTED, "no trusted TLS connection")
    return CollectorReply(NO_ANSWER, _FOREIGN, f"no answer ({type(error).__name__})")


def _whole(value: Any) -> Optional[int]:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
