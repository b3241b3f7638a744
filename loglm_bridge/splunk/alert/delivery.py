"""Delivers notables to Splunk over HTTP: one by one to receivers/simple, or in batches to the event collector.

At least once: what may have been accepted is sent again. Events that Splunk refuses are skipped and counted, so that
one invalid event neither blocks the rest nor is retried for ever (docs/dev/splunk-facts.md).
"""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Optional, Sequence

import requests
from splunklib.client import Service

from loglm_bridge.contract.errors import ConfigError, DeliveryError, NoToken
from loglm_bridge.contract.limits import MAX_ECHO
from loglm_bridge.contract.notable import Notable
from loglm_bridge.contract.safe_text import one_line
from loglm_bridge.contract.stash_format import STASH, json_fields, render_notable
from loglm_bridge.splunk.config.credentials import REALM
from loglm_bridge.splunk.config.settings import CONF, conf_files, conf_path, sidecar_url
from loglm_bridge.splunk.config.splunkd_rest import CALL_ERRORS, SessionEnded, error_of_call

#: Maximum attempts of one request, and the seconds before the second one; each further wait is twice as long.
_MAX_ATTEMPTS, _RETRY_PAUSE_SECONDS = 4, 0.5

#: Maximum seconds of one request.
_REQUEST_SECONDS = 20

#: Maximum events and bytes of one request to the event collector.
_MAX_BATCH_EVENTS, _MAX_BATCH_BYTES = 100, 800_000

#: Codes of the event collector that a retry may overcome, and those about a single event.
_BUSY_CODES, _INVALID_EVENT_CODES = (8, 9), (6, 12, 13, 15)

#: Name of the event collector's token in storage/passwords.
HEC_NAME = "hec"

_SAVE_TOKEN = f"save it in storage/passwords (realm {REALM}, name {HEC_NAME}) and let the alert's owner read it"


@dataclass(frozen=True)
class Target:
    """Index and sourcetype of the events."""

    index: str
    sourcetype: str


class Delivery(ABC):
    """Sends notables. `sent` counts those that Splunk accepted, `refused` those that it will never accept."""

    def __init__(self, sleep: Callable[[float], None] = time.sleep) -> None:
        self.sent = 0
        self.refused = 0
        self._sleep = sleep

    @abstractmethod
    def send(self, notables: Sequence[Notable], target: Target) -> None:
        """Send notables in their order.

        Raises:
            DeliveryError: Splunk accepts no more; `sent` is the number of those it did.
        """

    def _pause(self, attempts: int) -> None:
        self._sleep(_RETRY_PAUSE_SECONDS * 2 ** (attempts - 1))


class Receivers(Delivery):
    """receivers/simple of splunkd, with the rights of the session of `service`."""

    def __init__(self, service: Service, sleep: Callable[[float], None] = time.sleep) -> None:
        super().__init__(sleep)
        self._service = service

    def send(self, notables: Sequence[Notable], target: Target) -> None:
        """Send each notable as an event of its own."""
        for notable in notables:
            self._send_one(notable, target)
            self.sent += 1

    def _send_one(self, notable: Notable, target: Target) -> None:
        attempts = 1
        error = self._attempt(notable, target)
        while error is not None:
            status = getattr(error, "status", 503)
            if status < 500 or attempts == _MAX_ATTEMPTS:
                raise _delivery_error(error, status, target) from error
            self._pause(attempts)
            attempts += 1
            error = self._attempt(notable, target)

    def _attempt(self, notable: Notable, target: Target) -> Optional[Exception]:
        """Send a notable once; return the exception of a failed call."""
        body = render_notable(notable, target.sourcetype).encode("utf-8")
        query = {"index": target.index, "sourcetype": target.sourcetype, "source": notable.source}
        try:
            self._service.post("/services/receivers/simple", body=body, **query)
        except CALL_ERRORS as error:
            return error
        return None


def _delivery_error(error: Exception, status: int, target: Target) -> DeliveryError:
    cause = error_of_call(error, "writing notables")
    hint = "give the alert's owner edit_tcp or edit_log_alert_event" if status == 403 else DeliveryError.hint
    return DeliveryError(
        cause.message, where=f"index {target.index}", hint=cause.hint if isinstance(cause, SessionEnded) else hint
    )


@dataclass(frozen=True)
class _CollectorReply:
    """The event collector's reply; code -1 or -2 where the response is not its own. `invalid_index`: of the batch."""

    code: int
    text: str
    invalid_index: Optional[int] = None


class Collector(Delivery):
    """The HTTP event collector at `url`; `ca_file` contains its certificate authorities (None: the public ones)."""

    def __init__(
        self, url: str, token: str, ca_file: Optional[Path] = None, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        super().__init__(sleep)
        self._url = url + "/services/collector/event"
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = str(ca_file) if ca_file else True
        self._session.headers["Authorization"] = f"Splunk {token}"

    def send(self, notables: Sequence[Notable], target: Target) -> None:
        """Send the notables in batches."""
        batch: list[bytes] = []
        for notable in notables:
            item = _envelope(notable, target)
            if batch and (len(batch) >= _MAX_BATCH_EVENTS or sum(map(len, batch)) + len(item) > _MAX_BATCH_BYTES):
                self._send_batch(batch)
                batch = []
            batch.append(item)
        if batch:
            self._send_batch(batch)

    def _send_batch(self, batch: Sequence[bytes]) -> None:
        """Send a batch; the collector accepts the events before an invalid one, so sending continues after it."""
        attempts = 0
        while batch:
            reply = self._post(b"\n".join(batch))
            if reply.code == 0:
                self.sent += len(batch)
                return
            invalid = reply.invalid_index if reply.code in _INVALID_EVENT_CODES else None
            if invalid is not None and 0 <= invalid < len(batch):
                self.sent += invalid
                self.refused += 1
                batch, attempts = batch[invalid + 1 :], 0
                continue
            attempts += 1
            if reply.code not in (*_BUSY_CODES, -1) or attempts >= _MAX_ATTEMPTS:
                raise DeliveryError(f"the event collector refused the notables: {reply.text} (code {reply.code})")
            self._pause(attempts)

    def _post(self, body: bytes) -> _CollectorReply:
        try:
            with self._session.post(
                self._url, data=body, timeout=_REQUEST_SECONDS, allow_redirects=False, stream=True
            ) as response:
                return _read(next(response.iter_content(65_536), b""), response.status_code)
        except requests.RequestException as error:
            return _CollectorReply(-1, f"no answer ({type(error).__name__})")


def _read(body: bytes, status: int) -> _CollectorReply:
    try:
        data = json.loads(body)
        bad = data.get("invalid-event-number")
        return _CollectorReply(
            int(data["code"]), one_line(str(data["text"]), MAX_ECHO), bad if isinstance(bad, int) else None
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        # a page of a proxy or load balancer: worth a retry only where it reports a server error
        return _CollectorReply(-1 if status >= 500 else -2, f"HTTP {status}")


def _envelope(notable: Notable, target: Target) -> bytes:
    text = render_notable(notable, STASH) if target.sourcetype == STASH else json_fields(notable)
    data = {
        "time": round(notable.time, 3),
        "index": target.index,
        "source": notable.source,
        "sourcetype": target.sourcetype,
        "event": text,
    }
    return json.dumps(data, separators=(",", ":")).encode("ascii")


def collector(app: Path, service: Service) -> Collector:
    """Return the event collector of `[hec]` in loglm.conf, with its token from storage/passwords.

    Only an administrator can write that stanza. If the address were a setting of the alert, anyone who may edit alerts
    could have the token sent to any host.

    Raises:
        ConfigError: its address is missing or invalid.
        NoToken: its token is not saved, or may not be read.
    """
    conf = conf_files(app)
    text = conf.get("hec", "url", fallback="").strip()
    if not text:
        raise ConfigError("[hec] url is empty", where=CONF, hint="set it, or set delivery = receivers")
    try:
        url = sidecar_url(text)
    except ValueError as error:
        raise ConfigError(f"[hec] url must be {error}", where=CONF) from error
    return Collector(url, _hec_token(service), conf_path(app, conf.get("hec", "ca_file", fallback="").strip()))


def _hec_token(service: Service) -> str:
    try:
        token = str(service.storage_passwords[f"{REALM}:{HEC_NAME}:"].clear_password or "").strip()
    except KeyError as error:
        raise NoToken("no token of the event collector is saved", hint=_SAVE_TOKEN) from error
    except CALL_ERRORS as error:
        raise NoToken("the token of the event collector may not be read", hint=_SAVE_TOKEN) from error
    if not token.isascii() or not token.isprintable() or not token:
        raise NoToken("the saved token of the event collector is empty or invalid", hint=_SAVE_TOKEN)
    return token
