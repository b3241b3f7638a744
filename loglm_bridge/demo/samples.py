"""The sample events, written for this project: ordinary, hostile and broken."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.scanning.timestamps import epoch_seconds

SAMPLES = Path(__file__).parents[1] / "samples" / "events.jsonl"

#: Source of all samples: the same for all, since a name like "attack" would be a hint to the model.
SOURCE = "demo"

#: The kinds of samples: the first word of a description.
KINDS = ("ordinary", "hostile", "broken")


@dataclass(frozen=True)
class Sample:
    """A sample event. `what` describes it, beginning with one of KINDS; the description does not reach the model."""

    id: str
    event: Event
    what: str

    @property
    def kind(self) -> str:
        """Ordinary, hostile or broken."""
        return self.what.partition(":")[0]

    def row(self) -> Mapping[str, str]:
        """Return the event as a row of a Splunk search."""
        event = self.event
        time = "" if event.time is None else f"{event.time:.3f}"
        hints = {"host": event.host, "source": event.source, "sourcetype": event.sourcetype}
        return {"_time": time, "_raw": event.raw, **hints, "index": "demo"}


def read_samples(path: Path = SAMPLES) -> list[Sample]:
    """Return the stored samples, and a generated one that is too long to store."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [*(_sample(json.loads(line)) for line in lines), _long_sample()]


def _sample(data: Mapping[str, str]) -> Sample:
    event = Event(
        raw=data["raw"],
        sourcetype=data["sourcetype"],
        source=SOURCE,
        host=data["host"],
        time=epoch_seconds(data["time"]),
    )
    return Sample(data["id"], event, data["what"])


def _long_sample() -> Sample:
    raw = "Mar  2 09:04:00 web1 app[88]: " + "retry of request failed; " * 8_000
    event = Event(raw=raw, sourcetype="syslog", source=SOURCE, host="web1", time=epoch_seconds("2026-03-02T09:04:00Z"))
    return Sample("broken/200-kB-line", event, "broken: one line of 200 kB")
