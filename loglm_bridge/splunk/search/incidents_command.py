"""`| loglmincidents by=<fields>`: flagged rows of one entity, close in time, become one row.

A reporting command: it sees all rows of the search and answers behind the last one. What it holds is bounded by the
number of incidents (MOST_INCIDENTS and MOST_WAITING of contract.incidents), not by that of rows.
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
from loglm_bridge.splunk.rows.columns import HINTS, Value
from loglm_bridge.splunk.rows.row_mapping import Row, decimal, event_of, text_of
from loglm_bridge.splunk.rows.table import Table, csv_rows
from loglm_bridge.splunk.search import process
from loglm_bridge.splunk.search.options import Readers, read_arguments
from loglm_bridge.splunk.search.protocol import ChunkedCommand, Metadata, searchinfo

#: Fields of a row that name who is in an event.
WHO = ("host", "user", "src_user", "src", "dest", "src_ip", "dest_ip")

#: Seconds of the longest silence inside an incident that may be asked for.
_MOST_GAP = 30 * 86_400

_SPAN = re.compile(r"(\d{1,7})(s|sec|m|min|h|hr|d|day)?\Z", re.ASCII)
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400}


@dataclass(frozen=True)
class IncidentOptions:
    """What one search asks for. `verdict` is the least verdict that founds an incident."""

    by: tuple[str, ...]
    prefix: str
    gap: float = MAX_GAP
    verdict: str = "malicious"

    @classmethod
    def parse(cls, args: Sequence[str], settings: Settings) -> IncidentOptions:
        """Read the arguments as splunkd hands them over. Raises OptionError."""
        found = read_arguments(args, READERS)
        if "by" not in found:
            raise OptionError("by is missing", hint="say which fields make an entity, such as by=host")
        return cls(**{"prefix": settings.prefix, **found})


def span(text: str) -> float:
    """Return the seconds of a span such as 30m, 2h or 90. Raises ValueError with what is wanted."""
    found = _SPAN.match(text)
    seconds = int(found[1]) * _SECONDS[(found[2] or "")[:1]] if found else 0
    if not 1 <= seconds <= _MOST_GAP:
        raise ValueError("a span of time such as 30m, 2h or 1d, at most 30d")
    return float(seconds)


READERS: Readers = {
    "by": value_parsers.field_names,
    "gap": span,
    "verdict": lambda text: value_parsers.choice(text, ("malicious", "suspicious")),
    "prefix": value_parsers.prefix,
}


class IncidentsCommand(ChunkedCommand):
    """The command; `app` is the app's folder."""

    _asked: IncidentOptions

    def __init__(self, app: Path) -> None:
        super().__init__()
        self.ref = new_ref()
        self._app = app
        self._rows = self._unlabelled = 0
        self._found = Incidents(MAX_GAP)

    def configure(self, metadata: Metadata) -> Mapping[str, Any]:
        """Read settings and options; ask for all rows, with what is needed of them. Raises ConfigError, OptionError."""
        args = searchinfo(metadata).get("args")
        settings = Settings.read(self._app)
        self._asked = IncidentOptions.parse([str(a) for a in args] if isinstance(args, list) else [], settings)
        self._found = Incidents(self._asked.gap, self._asked.verdict)
        names = ("status", "score", "verdict", "novelty", "technique_id", "technique", "tactic")
        needed = (*self._asked.by, "_raw", *HINTS, *WHO, *(self._asked.prefix + name for name in names))
        return {"type": "reporting", "required_fields": list(dict.fromkeys(needed))}

    def transform(self, body: bytes) -> Iterator[str]:
        """Take the rows in and yield none."""
        for row in Table(body).records():
            self._rows += 1
            self._unlabelled += text_of(row, self._asked.prefix + "status") != "ok"
            event = self._flagged(row)
            if event is not None:
                self._found.add(tuple(text_of(row, name) for name in self._asked.by), event)
        yield from ()

    def last(self) -> Iterator[str]:
        """Yield one row for each incident, the likeliest first."""
        return csv_rows(self._row(incident) for incident in self._found.result())

    def finished(self) -> None:
        """Tell the user of rows that could not be judged."""
        if self._unlabelled:
            text = f"LogLM: {self._unlabelled:,} of {self._rows:,} rows carry no label and are in no incident."
            self.tell("WARN", f"{text} Put | loglm before | loglmincidents. ref={self.ref}")
        if self._found.dropped:
            self.tell("WARN", f"LogLM: {self._found.dropped:,} flagged rows found no room: too many incidents.")

    def _flagged(self, row: Row) -> Optional[FlaggedEvent]:
        prefix = self._asked.prefix
        verdict = text_of(row, prefix + "verdict")
        if text_of(row, prefix + "status") != "ok" or verdict not in ("malicious", "suspicious"):
            return None
        event = event_of(row, "_raw")
        ids, names, tactics = (_list(row, prefix + name) for name in ("technique_id", "technique", "tactic"))
        who = [(name, value) for name in WHO for value in _list(row, name)[:1]]
        score, novelty = (_number(text_of(row, prefix + name)) for name in ("score", "novelty"))
        told = list(zip(ids, names, tactics))
        return FlaggedEvent(event.time or 0.0, score, verdict, told, event.key, who, novelty)

    def _row(self, incident: Incident) -> dict[str, Value]:
        prefix, chain = self._asked.prefix, incident.chain
        found: dict[str, Value] = {
            "incident": incident.id,
            "status": "ok",
            "score": decimal(incident.score),
            "verdict": incident.verdict,
            "technique_id": [id_ for id_, _, _, _ in chain],
            "technique": [name for _, name, _, _ in chain],
            "tactic": [tactics for _, _, tactics, _ in chain],
            "confidence": [decimal(score) for _, _, _, score in chain],
            "novelty": decimal(incident.novelty),
            "first": decimal(incident.first),
            "last": decimal(incident.last),
            "events": str(incident.events),
            "alerts": str(incident.alerts),
            "event_key": incident.keys,
        }
        who: dict[str, Value] = {name: [v for n, v in incident.values if n == name] for name in WHO}
        entity: dict[str, Value] = dict(zip(self._asked.by, incident.entity))
        return {"_time": decimal(incident.first), **who, **entity, **{prefix + n: v for n, v in found.items()}}


def _list(row: Row, name: str) -> list[str]:
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
