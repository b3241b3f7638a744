"""`| loglmincidents by=<fields>`: flagged rows of one entity, close in time, become one row.

A reporting command: it reads all rows of the search and answers after the last one. Its memory is bounded by the
number of incidents (MAX_INCIDENTS and MAX_WAITING of contract.incidents), not by that of rows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator, Mapping, Optional, Sequence

from loglm_bridge.contract.errors import OptionError
from loglm_bridge.contract.incidents import FlaggedEvent, Incident, Incidents
from loglm_bridge.contract.windows import MAX_GAP
from loglm_bridge.splunk.config import value_parsers
from loglm_bridge.splunk.config.app_log import new_ref, open_log
from loglm_bridge.splunk.config.settings import Settings
from loglm_bridge.splunk.rows.columns import HINTS, SplunkRow, Value
from loglm_bridge.splunk.rows.row_mapping import decimal, epoch, event_of, joined_text
from loglm_bridge.splunk.rows.table import Table, csv_rows
from loglm_bridge.splunk.search import process
from loglm_bridge.splunk.search.options import Parsers, parse_arguments
from loglm_bridge.splunk.search.protocol import ChunkedCommand, Metadata, arguments_of, searchinfo

#: Fields of a row that name the hosts and users of an event.
HOST_AND_USER_FIELDS = ("host", "user", "src_user", "src", "dest", "src_ip", "dest_ip")

#: Maximum seconds of the option `gap`.
_LONGEST_GAP = 30 * 86_400

_TIMESPAN = re.compile(r"(\d{1,7})(s|sec|m|min|h|hr|d|day)?\Z", re.ASCII)
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400}


@dataclass(frozen=True)
class IncidentOptions:
    """The options of one search. `verdict` is the least verdict that opens an incident."""

    by: tuple[str, ...]
    prefix: str
    gap: float = MAX_GAP
    verdict: str = "malicious"

    @classmethod
    def parse(cls, args: Sequence[str], settings: Settings) -> IncidentOptions:
        """Parse the arguments in the form in which splunkd passes them. Raises OptionError."""
        values = parse_arguments(args, PARSERS)
        if "by" not in values:
            raise OptionError("by is missing", hint="name the fields of an entity, such as by=host")
        return cls(**{"prefix": settings.prefix, **values})


def timespan(text: str) -> float:
    """Return the seconds of a timespan such as 30m, 2h or 90. Raises ValueError with what is expected."""
    match = _TIMESPAN.match(text)
    seconds = int(match[1]) * _SECONDS[(match[2] or "")[:1]] if match else 0
    if not 1 <= seconds <= _LONGEST_GAP:
        raise ValueError("a timespan such as 30m, 2h or 1d, at most 30d")
    return float(seconds)


PARSERS: Parsers = {
    "by": value_parsers.field_names,
    "gap": timespan,
    "verdict": lambda text: value_parsers.choice(text, ("malicious", "suspicious")),
    "prefix": value_parsers.prefix,
}


class IncidentsCommand(ChunkedCommand):
    """The command; `app` is the app's folder."""

    _options: IncidentOptions

    def __init__(self, app: Path) -> None:
        super().__init__()
        self.ref = new_ref()
        self._app = app
        self._row_count = self._unlabelled = 0
        self._incidents = Incidents(MAX_GAP)

    def configure(self, metadata: Metadata) -> Mapping[str, Any]:
        """Read settings and options; request the fields that are needed. Raises ConfigError, OptionError."""
        self._options = IncidentOptions.parse(arguments_of(searchinfo(metadata)), Settings.read(self._app))
        self._incidents = Incidents(self._options.gap, self._options.verdict)
        names = ("status", "score", "verdict", "novelty", "technique_id", "technique", "tactic")
        needed = (
            *self._options.by,
            "_raw",
            *HINTS,
            *HOST_AND_USER_FIELDS,
            *(self._options.prefix + name for name in names),
        )
        return {"type": "reporting", "required_fields": list(dict.fromkeys(needed))}

    def transform(self, body: bytes) -> Iterator[str]:
        """Collect the rows and yield none."""
        for row in Table(body).records():
            self._row_count += 1
            self._unlabelled += joined_text(row, self._options.prefix + "status") != "ok"
            event = self._flagged_event(row)
            if event is None:
                continue
            entity = tuple(joined_text(row, name) for name in self._options.by)
            if epoch(joined_text(row, "_time")) is None:
                self._incidents.add_untimed(entity, event)
            else:
                self._incidents.add(entity, event)
        yield from ()

    def final_rows(self) -> Iterator[str]:
        """Yield one row for each incident, highest score first."""
        return csv_rows(self._incident_row(incident) for incident in self._incidents.result())

    def on_finished(self) -> None:
        """Report rows without labels, and rows over the maximum, to the user."""
        if self._unlabelled:
            text = f"LogLM: {self._unlabelled:,} of {self._row_count:,} rows have no label and are in no incident."
            self.add_message("WARN", f"{text} Put | loglm before | loglmincidents. ref={self.ref}")
        if self._incidents.untimed:
            text = (
                f"LogLM: {self._incidents.untimed:,} flagged rows have no _time in epoch seconds and were not merged."
            )
            self.add_message("WARN", f"{text} Keep _time as it is before | loglmincidents. ref={self.ref}")
        if self._incidents.dropped:
            self.add_message(
                "WARN", f"LogLM: {self._incidents.dropped:,} flagged rows are in no incident: there are too many."
            )

    def _flagged_event(self, row: SplunkRow) -> Optional[FlaggedEvent]:
        prefix = self._options.prefix
        verdict = joined_text(row, prefix + "verdict")
        if joined_text(row, prefix + "status") != "ok" or verdict not in ("malicious", "suspicious"):
            return None
        event = event_of(row, "_raw")
        ids, names, tactics = (_list(row, prefix + name) for name in ("technique_id", "technique", "tactic"))
        values = [(name, value) for name in HOST_AND_USER_FIELDS for value in _list(row, name)[:1]]
        score, novelty = (_number(joined_text(row, prefix + name)) for name in ("score", "novelty"))
        techniques = list(zip(ids, names, tactics))
        return FlaggedEvent(event.time or 0.0, score, verdict, techniques, event.key, values, novelty)

    def _incident_row(self, incident: Incident) -> dict[str, Value]:
        prefix, chain = self._options.prefix, incident.chain
        labels: dict[str, Value] = {
            "incident": incident.id,
            "status": "ok",
            "score": decimal(incident.score),
            "verdict": incident.verdict,
            "technique_id": [id_ for id_, _, _, _ in chain],
            "technique": [name for _, name, _, _ in chain],
            "tactic": [tactics for _, _, tactics, _ in chain],
            "confidence": [decimal(score) for _, _, _, score in chain],
            "novelty": decimal(incident.novelty),
            "first": "" if incident.untimed else decimal(incident.first),
            "last": "" if incident.untimed else decimal(incident.last),
            "events": str(incident.events),
            "alerts": str(incident.alerts),
            "event_key": incident.keys,
        }
        names: dict[str, Value] = {name: [v for n, v in incident.values if n == name] for name in HOST_AND_USER_FIELDS}
        entity: dict[str, Value] = dict(zip(self._options.by, incident.entity))
        time = labels["first"]
        return {"_time": time, **names, **entity, **{prefix + n: v for n, v in labels.items()}}


def _list(row: SplunkRow, name: str) -> list[str]:
    value = row.get(name) or ()
    return [value] if isinstance(value, str) else list(value)


def _number(text: str) -> float:
    try:
        return value_parsers.number(text, 0, 1)
    except ValueError:
        return 0.0


def main(app: Path) -> None:
    """Run as a program that splunkd started."""
    process.main(IncidentsCommand(app), lambda: open_log("loglm"))
