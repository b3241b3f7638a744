"""The analyst's exam: cases of many log families with the answer of an analyst, scored by a script of its authors.

A line is an event (id, raw, sourcetype, source, host, time, entity) with its case and what is right.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from loglm_bridge.contract.errors import LogLMError
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.wire import Options
from loglm_bridge.lab.data.sources import open_text
from loglm_bridge.model.labeller import Labeller
from loglm_bridge.telemetry.scanning.timestamps import epoch_seconds

#: Number of techniques in an answer.
TOP = 8


def measure(labeller: Labeller, exam: Path, examiner: Path, out: Path) -> dict[str, Any]:
    """Label the events of an exam alone and by entity into `out`, and return the examiner's figures.

    Keys are "event/FAMILY" and "window/FAMILY"; values are bad, ordinary, flagged, false, useful, top1, top3, auroc.

    Raises:
        LogLMError: the examiner failed; its last line is repeated.
    """
    with open_text(exam) as lines:
        rows = [json.loads(line) for line in lines if line.strip()]
    ids, events = [row["id"] for row in rows], [_event(row) for row in rows]
    files = {"--alone": out / "exam.alone.jsonl", "--together": out / "exam.together.jsonl"}
    for sequence, path in zip((False, True), files.values(), strict=True):
        path.write_text("".join(_answers(labeller, ids, events, sequence)), encoding="utf-8")
    command = [sys.executable, str(examiner), "--exam", str(exam)]
    command += [text for option, path in files.items() for text in (option, str(path))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - the path comes from the caller
    if done.returncode:
        raise LogLMError(f"the examiner failed: {done.stderr.strip().splitlines()[-1:]}", where=str(examiner))
    figures: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return figures


def _answers(labeller: Labeller, ids: Sequence[str], events: Sequence[Event], sequence: bool) -> Iterable[str]:
    options = Options(top=TOP, sequence=sequence)
    for event_id, verdict in zip(ids, labeller.label(events, options), strict=True):
        techniques = [[one.id, one.confidence] for one in verdict.techniques]
        row = {"id": event_id, "score": verdict.score, "malicious": verdict.malicious, "techniques": techniques}
        yield json.dumps(row) + "\n"


def _event(row: dict[str, Any]) -> Event:
    return Event(
        raw=row["raw"],
        sourcetype=row.get("sourcetype") or "",
        source=row.get("source") or "",
        host=row.get("host") or "",
        time=epoch_seconds(row.get("time")),
        entity=row.get("entity") or "",
    )
