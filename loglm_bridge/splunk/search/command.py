"""`| loglm`: labels the rows of a search. Runs on the search head only, because the sidecar is there.

splunkd starts this program several times per search only for getinfo. So that path imports neither the HTTP client nor
the labeller and makes no call; all that follows with the first chunk of rows.
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
from loglm_bridge.splunk.search.protocol import ChunkedCommand, Metadata, arguments_of, searchinfo

if TYPE_CHECKING:
    from logging import Logger

    from loglm_bridge.splunk.search.labeller import Labeller


class LogLMCommand(ChunkedCommand):
    """The command; `app` is the app's folder."""

    _settings: Settings
    _options: SearchOptions

    def __init__(self, app: Path) -> None:
        super().__init__()
        self.ref = new_ref()
        self._app = app
        self._started = time.monotonic()
        self._info: Metadata = {}
        self._labeller: Optional[Labeller] = None

    def configure(self, metadata: Metadata) -> Mapping[str, Any]:
        """Read settings and options; request the fields that are needed. Raises ConfigError, OptionError."""
        self._info = searchinfo(metadata)
        self._settings = Settings.read(self._app)
        self._options = SearchOptions.parse(arguments_of(self._info), self._settings)
        return {"type": "stateful", "required_fields": self._options.required_fields}

    def transform(self, body: bytes) -> Iterator[str]:
        """Yield the rows in their order, each with all columns."""
        from loglm_bridge.splunk.rows.table import Table

        self._labeller = self._labeller or self._create_labeller()
        return self._labeller.label(Table(body, excluded=self._options.columns))

    def on_finished(self) -> None:
        """Report rows without labels to the user, in one message."""
        if self._labeller is None:
            return
        tally = self._labeller.tally
        text = user_messages.summary(tally, field=self._options.field, prefix=self._options.prefix, ref=self.ref)
        if text:
            self.add_message("WARN", text)

    def log_end(self, outcome: str) -> None:
        """Log the number of rows by status; processes that only answered getinfo write no line."""
        if self._labeller is not None:
            seconds = time.monotonic() - self._started
            tally = self._labeller.tally
            _log().info("search %s sid=%s %s seconds=%.2f ref=%s", outcome, self._sid, tally, seconds, self.ref)

    def close(self) -> None:
        """Close the connections to the sidecars."""
        if self._labeller is not None:
            self._labeller.close()

    @property
    def _sid(self) -> str:
        return str(self._info.get("sid", ""))

    def _create_labeller(self) -> Labeller:
        from loglm_bridge.splunk.config.credentials import SplunkSession
        from loglm_bridge.splunk.search.labeller import Labeller

        session = SplunkSession(str(self._info.get("splunkd_uri") or ""), str(self._info.get("session_key") or ""))
        # splunkd's search ids of the part that runs on an indexer, which has no sidecar
        on_indexer = self._sid.startswith("remote_")
        reason = _OnIndexerError("LogLM runs on the search head only") if on_indexer else None
        return Labeller(self._options, self._settings, session, self._log_internal_error, reason)

    def _log_internal_error(self, error: Exception) -> None:
        _log().exception("batch failed sid=%s ref=%s", self._sid, self.ref, exc_info=error)


class _OnIndexerError(SidecarError):
    """The command was started on a host without a sidecar."""

    hint = "put it behind a command that runs on the search head"


def _log() -> Logger:
    return open_log("loglm")


def main(app: Path) -> None:
    """Run as a program that splunkd started."""
    process.main(LogLMCommand(app), _log)
