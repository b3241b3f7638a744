"""Hands notables to Splunk over HTTP: one by one to splunkd's receivers/simple, or in batches to the event collector.

At least once: what may have been taken is sent again. What Splunk refuses is skipped and counted, so that one bad event
neither blocks the rest nor is tried for ever (docs/dev/splunk-facts.md).
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
from loglm_bridge.splunk.config.splunkd_rest import FAILURES, SessionEnded, failure

#: How often one request is sent, and the seconds before the second time; each further wait is twice as long.
_TRIES, _PAUSE = 4, 0.5

#: Seconds that one request may take.
_SECONDS = 20

#: Events and bytes of one request to the event collector.
_BATCH_EVENTS, _BATCH_BYTES = 100, 800_000

#: Codes of the event collector that may pass by themselves, and those that are about a single event.
_BUSY, _BAD_EVENT = (8, 9), (6, 12, 13, 15)

#: Name of the event collector's token in storage/passwords.
HEC_NAME = "hec"


_SAVE_TOKEN = f"save it in storage/passwords (realm {REALM}, name {HEC_NAME}) and let the alert's owner read it"


@dataclass(frozen=True)
class Target:
    """Where events go."""

    index: str
    sourcetype: str


class Delivery(ABC):
    """Sends notables. `sent` counts those that Splunk took, `refused` those that it will never take."""

    def __init__(self, sleep: Callable[[float], None] = time.sleep) -> None:
        self.sent = 0
        self.refused = 0
        self._sleep = sleep

    @abstractmethod
    def send(self, notables: Sequence[Notable], target: Target) -> None:
        """Send notables in their order.

        Raises:
            DeliveryError: Splunk takes nothing more; `sent` says how far it got.
        """

    def _pause(self, tries: int) -> None:
        self._sleep(_PAUSE * 2 ** (tries - 1))


class Receivers(Delivery):
    """Splunkd's receivers/simple, with the rights of the session that `service` has."""

    def __init__(self, service: Service, sleep: Callable[[float], None] = time.sleep) -> None:
        super().__init__(sleep)
        self._service = service

    def send(self, notables: Sequence[Notable], target: Target) -> None:
        """Send each notable as an event of its own."""
        for notable in notables:
            self._send_one(notable, target)
            self.sent += 1

    def _send_one(self, notable: Notable, target: Target) -> None:
        tries = 1
        error = self._try(notable, target)
        while error is not None:
            status = getattr(error, "status", 503)
            if status < 500 or tries == _TRIES:
                raise _refused(error, status, target) from error
            self._pause(tries)
            tries += 1
            error = self._try(notable, target)

    def _try(self, notable: Notable, target: Target) -> Optional[Exception]:
        """Send once; return what went wrong."""
        body = render_notable(notable, target.sourcetype).encode("utf-8")
        query = {"index": target.index, "sourcetype": target.sourcetype, "source": notable.source}
        try:
            self._service.post("/services/receivers/simple", body=body, **query)
        except FAILURES as error:
            return error
        return None


def _refused(error: Exception, status: int, target: Target) -> DeliveryError:
    found = failure(error, "writing notables")
    hint = "give the alert's owner edit_tcp or edit_log_alert_event" if status == 403 else DeliveryError.hint
    return DeliveryError(
        found.message, where=f"index {target.index}", hint=found.hint if isinstance(found, SessionEnded) else hint
    )


@dataclass(frozen=True)
class _Answer:
    """What the event collector said; code -1 where it said nothing of its own."""

    code: int
    text: str
    bad: Optional[int] = None


class Collector(Delivery):
    """The HTTP event collector at `url`; `ca_file` holds its certificate authorities (None: the public ones)."""

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
            if batch and (len(batch) >= _BATCH_EVENTS or sum(map(len, batch)) + len(item) > _BATCH_BYTES):
                self._send_batch(batch)
                batch = []
            batch.append(item)
        if batch:
            self._send_batch(batch)

    def _send_batch(self, batch: Sequence[bytes]) -> None:
        """Send a batch; events before a bad one have been taken, so go on behind it."""
        tries = 0
        while batch:
            answer = self._post(b"\n".join(batch))
            if answer.code == 0:
                self.sent += len(batch)
                return
            if answer.code in _BAD_EVENT and answer.bad is not None and 0 <= answer.bad < len(batch):
                self.sent += answer.bad
                self.refused += 1
                batch, tries = batch[answer.bad + 1 :], 0
                continue
            tries += 1
            if answer.code not in (*_BUSY, -1) or tries >= _TRIES:
                raise DeliveryError(f"the event collector refused the notables: {answer.text} (code {answer.code})")
            self._pause(tries)

    def _post(self, body: bytes) -> _Answer:
        try:
            with self._session.post(
                self._url, data=body, timeout=_SECONDS, allow_redirects=False, stream=True
            ) as response:
                return _read(next(response.iter_content(65_536), b""), response.status_code)
        except requests.RequestException as error:
            return _Answer(-1, f"no answer ({type(error).__name__})")


def _read(body: bytes, status: int) -> _Answer:
    try:
        data = json.loads(body)
        bad = data.get("invalid-event-number")
        return _Answer(int(data["code"]), one_line(str(data["text"]), MAX_ECHO), bad if isinstance(bad, int) else None)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        # a proxy's or load balancer's page: worth another try only if it says that it is about the server
        return _Answer(-1 if status >= 500 else -2, f"HTTP {status}")


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
    """Return the event collector of `[hec]` in loglm.conf; its token is read from storage/passwords.

    Only an administrator can write that stanza: were the address a setting of the alert, whoever may edit one could
    have the token sent to any host.

    Raises:
        ConfigError: it has no address, or one that cannot be used.
        NoToken: its token is not saved, or may not be read.
    """
    conf = conf_files(app)
    text = conf.get("hec", "url", fallback="").strip()
    if not text:
        raise ConfigError("[hec] url is empty", where=CONF, hint="set it, or choose the delivery receivers")
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
    except FAILURES as error:
        raise NoToken("the token of the event collector may not be read", hint=_SAVE_TOKEN) from error
    if not token.isascii() or not token.isprintable() or not token:
        raise NoToken("the saved token of the event collector is empty or no token", hint=_SAVE_TOKEN)
    return token
