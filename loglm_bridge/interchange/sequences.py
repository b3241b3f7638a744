"""The parquet of sequences that vigil ingests: one row for each window of events between a pair of addresses.

`incident_pred` and `confidence_score` are the verdict. To vigil `malicious` is the label of a data set and `attack_id`
a cluster: a model knows neither, so both columns are empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from loglm_bridge.contract import attack
from loglm_bridge.contract.attack_table import TECHNIQUES
from loglm_bridge.contract.errors import ConfigError
from loglm_bridge.contract.windows import windows_of
from loglm_bridge.interchange.labelled import Labelled

#: Numbers by which vigil reads `mitre_pred` (its ingestion service), by ATT&CK's short names.
TACTICS = {
    "impact": 0, "execution": 1, "reconnaissance": 2, "credential-access": 3, "initial-access": 4, "persistence": 5,
    "discovery": 6, "command-and-control": 7, "lateral-movement": 8, "defense-evasion": 9, "collection": 10,
    "privilege-escalation": 11, "exfiltration": 12,
}  # fmt: skip


def write(labelled: Iterable[Labelled], path: Path) -> int:
    """Write the parquet and return its number of rows; events without two addresses are in none.

    Raises:
        ConfigError: pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ModuleNotFoundError as error:
        raise ConfigError("parquet needs pyarrow", hint="run pip install 'loglm-bridge[parquet]'") from error
    found = rows(labelled)
    types = {
        "sequence_id": pa.string(), "embedding": pa.list_(pa.float32()), "mitre_pred": pa.int32(),
        "focal_ip": pa.string(), "engaged_ip": pa.string(), "event_start_time": pa.int64(),
        "event_end_time": pa.int64(), "malicious": pa.bool_(), "row_count": pa.int64(), "incident_pred": pa.int32(),
        "attack_id": pa.string(), "confidence_score": pa.float64(), "severity": pa.string(),
    }  # fmt: skip
    pq.write_table(pa.Table.from_pylist(found, schema=pa.schema(list(types.items()))), path)
    return len(found)


def rows(labelled: Iterable[Labelled]) -> list[dict[str, Any]]:
    """Return one row for each window of events of a pair, in order of time. Times are epoch milliseconds."""
    known: list[tuple[Labelled, str, str]] = []
    for event in labelled:
        ends = event.ends()
        if "src_ip" in ends and "dst_ip" in ends:
            known.append((event, ends["src_ip"], ends["dst_ip"]))
    events = [event.event._replace(entity=f"{src} {dst}") for event, src, dst in known]
    found = [_row([known[place][0] for place in window], *known[window[0]][1:]) for window in windows_of(events)]
    return sorted(found, key=lambda row: (row["event_start_time"], row["sequence_id"]))


def _row(window: Sequence[Labelled], focal: str, engaged: str) -> dict[str, Any]:
    worst = max(window, key=lambda event: event.score)
    moments = [event.moment for event in window if event.event.time is not None] or [window[0].moment]
    start, end = (round(moment.timestamp() * 1000) for moment in (min(moments), max(moments)))
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


def _tactic(event: Labelled) -> int | None:
    """Return the number of the first tactic of the likeliest technique that vigil numbers."""
    for id_, _ in event.techniques:
        for tactic in attack.technique(id_, 0.0).tactics if id_ in TECHNIQUES else ():
            if tactic in TACTICS:
                return TACTICS[tactic]
    return None
