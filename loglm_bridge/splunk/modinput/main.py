"""`loglm_input://<name>`: reads events with a search, labels them, writes a notable event for each attack.

splunkd starts it in three ways: `--scheme`, `--validate-arguments`, and to run. Exit code 0: all
that was there to do is done, or another process does it; 1: something is in the way, the position stays, and the next
start goes on from there.
"""

from __future__ import annotations

import sys
import time
import xml.etree.ElementTree as ET
from hashlib import sha256
from pathlib import Path
from typing import Sequence

from loglm_bridge.contract.errors import CheckpointError, InputError, LogLMError, SidecarError
from loglm_bridge.contract.notable import NotableRule
from loglm_bridge.contract.safe_text import one_line
from loglm_bridge.splunk import user_messages
from loglm_bridge.splunk.client.client import SidecarClient
from loglm_bridge.splunk.config.app_log import new_ref, open_log
from loglm_bridge.splunk.config.credentials import sidecar_token
from loglm_bridge.splunk.config.settings import Settings
from loglm_bridge.splunk.config.splunkd_rest import SessionEnded, SplunkdError, connect
from loglm_bridge.splunk.modinput.checkpoint import CheckpointStore, Loaded
from loglm_bridge.splunk.modinput.durable_files import Disk
from loglm_bridge.splunk.modinput.event_stream import EventStream, StreamClosed, abandon, say
from loglm_bridge.splunk.modinput.ingest import Ingest, start_position
from loglm_bridge.splunk.modinput.journal import Journal
from loglm_bridge.splunk.modinput.lock import AlreadyRunning, InputLock
from loglm_bridge.splunk.modinput.options import KIND, InputOptions, scheme, unknown
from loglm_bridge.splunk.modinput.stdin_definition import Stanza, StdinDefinition, read_definition
from loglm_bridge.splunk.modinput.validation import validate

#: Seconds that splunkd may take between two pieces of an answer; a search over many buckets is silent for long.
_SEARCH_SECONDS = 600

_log = open_log(KIND)


def main(app: Path, args: Sequence[str]) -> int:
    """Run as splunkd asks with `args`; return the exit code."""
    if args == ["--scheme"]:
        _answer(scheme().to_xml())
        return 0
    if args and args != ["--validate-arguments"]:
        say("ERROR", f"LogLM input: unknown arguments {list(args)!r}")
        return 1
    try:
        definition = read_definition(sys.stdin.buffer)
        return _validate(app, definition) if args else _run_all(app, definition)
    except InputError as error:
        return _refuse(str(error)) if args else _problem("ERROR", "LogLM input", error)


def _validate(app: Path, definition: StdinDefinition) -> int:
    """Answer a validation: silence for yes, an error element for no."""
    try:
        for stanza in definition.stanzas:
            for warning in validate(app, definition.session, stanza):
                say("WARN", f"LogLM input {stanza.name}: {warning}")
    except LogLMError as error:
        return _refuse(error.user_message())
    return 0


def _refuse(text: str) -> int:
    root = ET.Element("error")
    ET.SubElement(root, "message").text = one_line(text, 1_000)
    _answer(root)
    return 1


def _answer(root: ET.Element) -> None:
    """Write an XML document; in ASCII, since nobody knows which encoding splunkd gave stdout."""
    sys.stdout.write(ET.tostring(root).decode("ascii"))


def _run_all(app: Path, definition: StdinDefinition) -> int:
    for text in definition.ignored:
        say("WARN", f"LogLM input: ignored {text}")
    return max((_run_guarded(app, definition, stanza) for stanza in definition.stanzas), default=0)


def _run_guarded(app: Path, definition: StdinDefinition, stanza: Stanza) -> int:
    """Run one input; every way in which it can end becomes an exit code and one line."""
    who = f"LogLM input {_short(stanza)}"
    try:
        _run(app, definition, stanza, who)
        return 0
    except AlreadyRunning as error:
        say("INFO", f"{who}: {error}")
        return 0
    except StreamClosed:
        abandon(sys.stdout)
        say("WARN", f"{who}: splunkd closed the stream; the position stays at the last flushed batch")
        return 1
    except SessionEnded as error:
        return _problem("WARN", who, error)
    except (SidecarError, SplunkdError) as error:
        return _problem("ERROR", who, error, "Reading paused, the position stays and nothing is skipped.")
    except LogLMError as error:
        return _problem("ERROR", who, error)
    except Exception as error:  # noqa: BLE001 - the process's rim: logged with a reference
        ref = new_ref()
        _log.exception("%s: internal error ref=%s", who, ref)
        say("ERROR", user_messages.surprise(error, ref))
        return 1


def _problem(level: str, who: str, error: LogLMError, fate: str = "") -> int:
    ref = new_ref()
    _log.warning("%s: %s %s ref=%s", who, error.code, error, ref)
    say(level, f"{who}: {error.user_message(fate)} ref={ref}")
    return 1


def _run(app: Path, definition: StdinDefinition, stanza: Stanza, who: str) -> None:
    options = InputOptions.read(stanza.params)
    for name in unknown(stanza.params):
        say("WARN", f"{who}: unknown setting {name} ignored")
    disk, stem = _open_folder(definition.folder, stanza)
    with InputLock(definition.folder / f"{stem}.lock"):
        store = CheckpointStore(disk, stem, stanza.name)
        loaded = store.load()
        _tell_of_damage(who, loaded)
        position = start_position(store, loaded.position, options, time.time())
        settings = Settings.read(app)
        with SidecarClient(settings, sidecar_token(settings, definition.session)) as client:
            ingest = Ingest(
                options,
                settings,
                NotableRule(
                    options.rule_name or f"LogLM - {_short(stanza)}", options.security_domain, options.severity
                ),
                connect(definition.session, _SEARCH_SECONDS, stanza.app),
                client,
                store,
                Journal(disk, stem),
                EventStream(sys.stdout, options.target_index, options.target_sourcetype),
                time.time,
            )
            try:
                ingest.run(position)
            finally:
                ingest.stream.close()
                _tell_of_progress(who, ingest)


def _short(stanza: Stanza) -> str:
    """Return the name that a user gave the input."""
    return stanza.name.partition("://")[2] or stanza.name


def _open_folder(folder: Path, stanza: Stanza) -> tuple[Disk, str]:
    """Return the folder of positions and what the input's files in it are called: a hash, since a name may hold `/`."""
    disk = Disk(folder)
    try:
        disk.prepare()
    except OSError as error:
        raise CheckpointError(f"the checkpoint folder cannot be made ({error.strerror})", where=str(folder)) from error
    return disk, sha256(stanza.name.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _tell_of_damage(who: str, loaded: Loaded) -> None:
    if not loaded.damaged:
        return
    saved = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(loaded.saved_at))
    ref = new_ref()
    text = f"position file damaged (kept as {', '.join(loaded.damaged)}); continued from the copy of {saved}"
    _log.warning("%s: %s ref=%s", who, text, ref)
    say("WARN", f"{who}: {text}; notables since then may repeat, with the same loglm_event_key. ref={ref}")


def _tell_of_progress(who: str, ingest: Ingest) -> None:
    progress = ingest.progress
    _log.info("%s: %s", who, progress)
    if progress.events:
        say("INFO", f"{who}: {progress}")
    unlabelled = progress.events - progress.statuses["ok"]
    if unlabelled:
        say("WARN", f"{who}: {unlabelled:,} of {progress.events:,} events have no label, which never means benign")
