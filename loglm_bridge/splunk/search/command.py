"""`| loglm`: labels the rows of a search. Runs on the search head only, because the sidecar is there.

splunkd starts this program several times per search only to ask getinfo, so that path imports neither the HTTP client
nor what labels, and asks nobody; all that comes with the first chunk of rows.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Iterator, Mapping, Optional

from loglm_bridge.contract.errors import SidecarError
from loglm_bridge.splunk import user_messages
from loglm_bridge.splunk.config.app_log import new_ref, open_log
from loglm_bridge.splunk.config.settings import Settings
from loglm_bridge.splunk.search import process
from loglm_bridge.splunk.search.options import SearchOptions
from loglm_bridge.splunk.search.protocol import ChunkedCommand, Metadata, searchinfo

if TYPE_CHECKING:
    from logging import Logger

    from loglm_bridge.splunk.search.labeller import Labeller


class LogLMCommand(ChunkedCommand):
    """The command; `app` is the app's folder."""

    _settings: Settings
    _asked: SearchOptions

    def __init__(self, app: Path) -> None:
        super().__init__()
        self.ref = new_ref()
        self._app = app
        self._started = time.monotonic()
        self._info: Metadata = {}
        self._labeller: Optional[Labeller] = None

    def configure(self, metadata: Metadata) -> Mapping[str, Any]:
        """Read settings and options; ask for the fields that are needed. Raises ConfigError, OptionError."""
        self._info = searchinfo(metadata)
        args = self._info.get("args")
        self._settings = Settings.read(self._app)
        self._asked = SearchOptions.parse([str(a) for a in args] if isinstance(args, list) else [], self._settings)
        return {"type": "stateful", "required_fields": self._asked.required_fields}

    def transform(self, body: bytes) -> Iterator[str]:
        """Yield the rows in their order, each with all columns."""
        from loglm_bridge.splunk.rows.table import Table

        self._labeller = self._labeller or self._make_labeller()
        return self._labeller.label(Table(body, without=self._asked.columns))

    def finished(self) -> None:
        """Tell the user what became of the rows, in one message, and only where something is to tell."""
        if self._labeller is None:
            return
        tally = self._labeller.tally
        text = user_messages.summary(tally, field=self._asked.field, prefix=self._asked.prefix, ref=self.ref)
        if text:
            self.tell("WARN", text)

    def log_end(self, how: str) -> None:
        """Log what became of the rows; processes that were only asked getinfo leave no line."""
        if self._labeller is not None:
            seconds = time.monotonic() - self._started
            tally = self._labeller.tally
            _log().info("search %s sid=%s %s seconds=%.2f ref=%s", how, self._sid, tally, seconds, self.ref)

    def close(self) -> None:
        """Close the connections to the sidecars."""
        if self._labeller is not None:
            self._labeller.close()

    @property
    def _sid(self) -> str:
        return str(self._info.get("sid", ""))

    def _make_labeller(self) -> Labeller:
        from loglm_bridge.splunk.config.credentials import SplunkSession
        from loglm_bridge.splunk.search.labeller import Labeller

        session = SplunkSession(str(self._info.get("splunkd_uri") or ""), str(self._info.get("session_key") or ""))
        # the ids that splunkd gives to the part of a search that runs on an indexer; no sidecar is there
        away = _OnIndexerError("LogLM runs on the search head only") if self._sid.startswith("remote_") else None
        return Labeller(self._asked, self._settings, session, self._defect, away)

    def _defect(self, error: Exception) -> None:
        _log().exception("batch failed sid=%s ref=%s", self._sid, self.ref, exc_info=error)


class _OnIndexerError(SidecarError):
    """The command was started where no sidecar is."""

    hint = "put it behind a command that runs on the search head"


def _log() -> Logger:
    return open_log("loglm")


def main(app: Path) -> None:
    """Run as a program that splunkd started."""
    process.main(LogLMCommand(app), _log)
