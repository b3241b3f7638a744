"""The parquet of sequences that vigil ingests: one row for each window of events between a pair of addresses.

`incident_pred` and `confidence_score` are the verdict. In vigil `malicious` is the label of a data set and `attack_id`
a cluster. A model has neither, so both columns are empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from loglm_bridge.contract import attack
from loglm_bridge.contract.attack_table import TECHNIQUES
from loglm_bridge.contract.errors import ConfigError
from loglm_bridge.contract.windows import windows_of
from loglm_bridge.interchange.scored_event import ScoredEvent

#: Short names of tactics -> their numbers in vigil's column `mitre_pred`.
TACTIC_NUMBERS = {
    "impact": 0, "execution": 1, "reconnaissance": 2, "credential-access": 3, "initial-access": 4, "persistence": 5,
    "discovery": 6, "command-and-control": 7, "lateral-movement": 8, "defense-evasion": 9, "collection": 10,
    "privilege-escalation": 11, "exfiltration": 12,
}  # fmt: skip


def write(events: Iterable[ScoredEvent], path: Path) -> int:
    """Write the parquet and return its number of rows; events without two addresses are left out.

    Raises:
        ConfigError: pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ModuleNotFoundError as error:
        raise ConfigError("parquet needs pyarrow", hint="run pip install 'loglm-bridge[parquet]'") from error
    written = rows(events)
    types = {
        "sequence_id": pa.string(), "embedding": pa.list_(pa.float32()), "mitre_pred": pa.int32(),
        "focal_ip": pa.string(), "engaged_ip": pa.string(), "event_start_time": pa.int64(),
        "event_end_time": pa.int64(), "malicious": pa.bool_(), "row_count": pa.int64(), "incident_pred": pa.int32(),
        "attack_id": pa.string(), "confidence_score": pa.float64(), "severity": pa.string(),
    }  # fmt: skip
    pq.write_table(pa.Table.from_pylist(written, schema=pa.schema(list(types.items()))), path)
    return len(written)


def rows(events: Iterable[ScoredEvent]) -> list[dict[str, Any]]:
    """Return one row for each window of events of a pair, in order of time. Times are epoch milliseconds."""
    with_pair: list[tuple[ScoredEvent, str, str]] = []
    for event in events:
        endpoints = event.endpoints()
        if "src_ip" in endpoints and "dst_ip" in endpoints:
            with_pair.append((event, endpoints["src_ip"], endpoints["dst_ip"]))
    by_pair = [event.event._replace(entity=f"{src} {dst}") for event, src, dst in with_pair]
    result = [_row([with_pair[i][0] for i in window], *with_pair[window[0]][1:]) for window in windows_of(by_pair)]
    return sorted(result, key=lambda row: (row["event_start_time"], row["sequence_id"]))


def _row(window: Sequence[ScoredEvent], focal: str, engaged: str) -> dict[str, Any]:
    worst = max(window, key=lambda event: event.score)
    times = [event.occurred for event in window if event.event.time is not None] or [window[0].occurred]
    start, end = (round(time.timestamp() * 1000) for time in (min(times), max(times)))
    return {
        "sequence_id": f"{focal}_{engaged}_{start}",
        "embedding": _mean([event.row.get("embedding") or () for event in window]),
        "mitre_pred": _tactic(worst),
        "focal_ip": focal,
        "engaged_ip": engaged,
        "event_start_time": start,
        "event_end_time": end,
        "malicious": None,
        "row_count": len(window),
        "incident_pred": int(any(event.malicious for event in window)),
        "attack_id": None,
        "confidence_score": worst.score,
        "severity": worst.severity,
    }


def _mean(vectors: Sequence[Sequence[float]]) -> list[float]:
    return [sum(column) / len(vectors) for column in zip(*vectors, strict=True)]


def _tactic(event: ScoredEvent) -> int | None:
    """Return the number of a tactic of the most likely technique that has one in vigil."""
    for id_, _ in event.techniques:
        for tactic in attack.technique(id_, 0.0).tactics if id_ in TECHNIQUES else ():
            if tactic in TACTIC_NUMBERS:
                return TACTIC_NUMBERS[tactic]
    return None
