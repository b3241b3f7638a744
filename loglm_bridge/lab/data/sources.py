"""Labelled telemetry on disk: the lines of a data file, and which recordings are held out for validation."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from loglm_bridge.contract.errors import ConfigError
from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.scanning.timestamps import epoch_seconds

#: A Sigma rule that matched an event: rule id, level, techniques.
RuleHit = tuple[str, str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class LabelledEvent:
    """One line of a data file. `group` names its recording, the unit of every split."""

    id: str
    source: str
    group: str
    event: Event
    label: str
    techniques: tuple[str, ...]
    hits: tuple[RuleHit, ...]


def open_text(path: Path) -> TextIO:
    """Open a text file, gzip or plain, as UTF-8; undecodable bytes become replacement characters."""
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", errors="replace")
    return path.open(encoding="utf-8", errors="replace")


def read_events(path: Path) -> Iterator[LabelledEvent]:
    """Yield the events of a data file (JSON lines, see docs/model/data.md).

    Raises:
        ConfigError: a line is not such an object; the error names file and line.
    """
    with open_text(path) as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                yield _labelled(json.loads(line))
            except (ValueError, KeyError, TypeError) as error:
                raise ConfigError(f"not a line of training data: {error!r}", where=f"{path.name}:{number}") from error


def data_files(folder: Path) -> list[Path]:
    """Return the data files of a folder in a fixed order.

    Raises:
        ConfigError: there is none.
    """
    files = sorted(folder.glob("*.jsonl.gz"))
    if not files:
        raise ConfigError("no *.jsonl.gz file", where=str(folder), hint="name the folder of training data")
    return files


def validation_groups(path: Path) -> Mapping[str, frozenset[str]]:
    """Read the validation split: `{source: [group, ...]}`."""
    return {source: frozenset(groups) for source, groups in json.loads(path.read_text("utf-8")).items()}


def _labelled(row: Mapping[str, Any]) -> LabelledEvent:
    return LabelledEvent(
        id=row["id"],
        source=row["source"],
        group=row["group"],
        event=Event(
            raw=row["raw"],
            sourcetype=row.get("sourcetype") or "",
            source=row.get("file") or "",
            host=row.get("host") or "",
            time=epoch_seconds(row.get("time")),
        ),
        label=row.get("label") or "unknown",
        techniques=tuple(row.get("techniques") or ()),
        hits=_hits(row.get("sigma") or ()),
    )


def _hits(rows: Sequence[Sequence[Any]]) -> tuple[RuleHit, ...]:
    return tuple((str(rule), str(level), tuple(techniques)) for rule, level, techniques in rows)
