"""`| loglm`: labels the rows of a search. Runs on the search head only, because the sidecar is there.

splunkd starts this program several times per search only to ask getinfo, so that path imports neither the HTTP library
nor what labels, and asks nobody; all that comes with the first row.
"""

from __future__ import annotations

import time
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Iterator, Optional

from splunklib.searchcommands import Configuration

from loglm_bridge.contract.errors import LogLMError, SidecarError
from loglm_bridge.splunk import messages, process
from loglm_bridge.splunk.logfile import new_ref, open_log
from loglm_bridge.splunk.options import SearchOptions
from loglm_bridge.splunk.protocol import ChunkedCommand, Metadata, Record, searchinfo
from loglm_bridge.splunk.settings import Settings

if TYPE_CHECKING:
    from loglm_bridge.splunk.labeller import Labeller

_log = open_log("loglm")


@Configuration(distributed=False)
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

    def configure(self, metadata: Metadata) -> None:
        """Read settings and options. Raises ConfigError, OptionError."""
        self._info = searchinfo(metadata)
        args = self._info.get("args")
        self._settings = Settings.read(self._app)
        self._asked = SearchOptions.parse([str(a) for a in args] if isinstance(args, list) else [], self._settings)
        self._configuration.required_fields = self._asked.required_fields

    def transform(self, records: Iterator[Record]) -> Iterator[Record]:
        """Yield the rows in their order, each with all columns, labelled batch by batch; with `by` chunk by chunk."""
        size = None if self._asked.by else self._settings.batch_events
        rows = list(islice(records, size))
        while rows:
            self._label(rows)
            yield from rows
            rows = list(islice(records, size))

    def finished(self) -> None:
        """Tell the user what became of the rows, in one message, and only where something is to tell."""
        if self._labeller is None:
            return
        tally = self._labeller.tally
        text = messages.summary(tally, field=self._asked.field, prefix=self._asked.prefix, ref=self.ref)
        if text:
            self.tell("WARN", text)
        self.log_end("finished")

    def log_end(self, how: str) -> None:
        """Log what became of the rows; processes that were only asked getinfo leave no line."""
        if self._labeller is not None:
            seconds = time.monotonic() - self._started
            _log.info(
                "search %s sid=%s %s seconds=%.2f ref=%s", how, self._sid, self._labeller.tally, seconds, self.ref
            )

    def close(self) -> None:
        """Close the connection to the sidecar."""
        if self._labeller is not None:
            self._labeller.close()

    @property
    def _sid(self) -> str:
        return str(self._info.get("sid", ""))

    def _label(self, rows: list[Record]) -> None:
        labeller = self._labeller = self._labeller or self._make_labeller()
        if self._sid.startswith("remote_"):
            # the ids that splunkd gives to the part of a search that runs on an indexer; no sidecar is there
            labeller.give_up(rows, "unavailable", _OnIndexerError("LogLM runs on the search head only"))
            return
        try:
            labeller.label(rows)
        except LogLMError:
            raise
        except Exception as error:  # noqa: BLE001 - a defect of ours must not cost the user the search
            _log.exception("batch failed sid=%s ref=%s", self._sid, self.ref)
            labeller.give_up(rows, "error", LogLMError(f"internal error ({type(error).__name__})"))

    def _make_labeller(self) -> Labeller:
        from loglm_bridge.splunk.credentials import SplunkSession
        from loglm_bridge.splunk.labeller import Labeller

        session = SplunkSession(str(self._info.get("splunkd_uri") or ""), str(self._info.get("session_key") or ""))
        return Labeller(self._asked, self._settings, session)


class _OnIndexerError(SidecarError):
    """The command was started where no sidecar is."""

    hint = "put it behind a command that runs on the search head"


def main(app: Path) -> None:
    """Run as a program that splunkd started."""
    process.main(LogLMCommand(app), _log)
