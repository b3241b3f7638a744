"""What a run of an input reports to splunkd.log and to the app's own log: one line for each thing to know."""

from __future__ import annotations

import time
from logging import Logger
from typing import Iterator

from loglm_bridge.splunk.config.app_log import new_ref
from loglm_bridge.splunk.modinput.checkpoint import LoadedCheckpoint
from loglm_bridge.splunk.modinput.ingest import Progress
from loglm_bridge.splunk.modinput.options import InputOptions
from loglm_bridge.splunk.splunkd_messages import log_to_splunkd

#: Maximum messages of searches that are repeated.
_MAX_NOTICES = 5


def report_damage(log: Logger, program: str, loaded: LoadedCheckpoint) -> None:
    """Report position files that were damaged, and from which copy the input goes on."""
    if not loaded.damaged:
        return
    saved = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(loaded.saved_at))
    ref = new_ref()
    text = f"position file damaged (renamed to {', '.join(loaded.damaged)}); continued from the copy of {saved}"
    log.warning("%s: %s ref=%s", program, text, ref)
    log_to_splunkd(
        "WARN", f"{program}: {text}; notables since then may repeat, with the same loglm_event_key. ref={ref}"
    )


def report_progress(log: Logger, program: str, options: InputOptions, progress: Progress) -> None:
    """Report the counts of a run, and a warning for each peculiarity of its events."""
    log.info("%s: %s", program, progress)
    if progress.events:
        log_to_splunkd("INFO", f"{program}: {progress}")
    for text in _warnings(options, progress):
        log_to_splunkd("WARN", f"{program}: {text}")


def _warnings(options: InputOptions, progress: Progress) -> Iterator[str]:
    events, notes = sum(progress.statuses.values()), progress.notes
    unlabelled = events - progress.statuses["ok"]
    if unlabelled:
        yield f"{unlabelled:,} of {events:,} events have no label, which never means benign"
    if options.by and events and not progress.entities:
        yield f"no event has a value in the fields of by={','.join(options.by)}: each was read alone"
    if notes.no_time:
        yield f"{notes.no_time:,} events have no readable _time; their index time is used"
    if notes.future:
        yield f"{notes.future:,} events are dated more than a day after they were indexed; check clocks and time zones"
    if notes.no_raw:
        yield f"{notes.no_raw:,} rows of the search have no _raw; they were labelled from their other fields"
    if notes.no_event:
        yield f"{notes.no_event:,} rows of the search are no events (neither _raw nor _indextime) and were left out"
    for text, _ in notes.notices.most_common(_MAX_NOTICES):
        yield f"the search reported: {text} (no event is missing; fields may be)"
