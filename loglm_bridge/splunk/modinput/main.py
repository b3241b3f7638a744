"""`loglm_input://<name>`: reads events with a search, labels them, writes a notable event for each attack.

splunkd starts it in three ways: with `--scheme`, with `--validate-arguments`, and without arguments to run. Exit code
0: all is done, or another process is doing it. Exit code 1: an error; the position stays, and the next start continues
there.
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
from loglm_bridge.splunk.client.client import SidecarClient
from loglm_bridge.splunk.config.app_log import open_log
from loglm_bridge.splunk.config.credentials import sidecar_token
from loglm_bridge.splunk.config.settings import Settings
from loglm_bridge.splunk.config.splunkd_rest import SessionEnded, SplunkdError, connect
from loglm_bridge.splunk.modinput.checkpoint import CheckpointStore
from loglm_bridge.splunk.modinput.cluster import check_not_clustered
from loglm_bridge.splunk.modinput.durable_files import DurableFolder
from loglm_bridge.splunk.modinput.event_stream import EventStream, StreamClosed
from loglm_bridge.splunk.modinput.ingest import Ingest, start_position
from loglm_bridge.splunk.modinput.journal import Journal
from loglm_bridge.splunk.modinput.lock import AlreadyRunning, InputLock
from loglm_bridge.splunk.modinput.options import SCHEME, InputOptions, scheme, unknown_settings
from loglm_bridge.splunk.modinput.run_report import report_damage, report_progress
from loglm_bridge.splunk.modinput.stdin_definition import Stanza, StdinDefinition, read_definition
from loglm_bridge.splunk.modinput.validation import validate
from loglm_bridge.splunk.splunkd_messages import (
    log_to_splunkd,
    redirect_to_null,
    report_error,
    report_internal_error,
)

#: Maximum seconds between two pieces of an answer of splunkd; a search over many buckets sends nothing for long.
_SEARCH_SECONDS = 600

_log = open_log(SCHEME)


def main(app: Path, args: Sequence[str]) -> int:
    """Run with the arguments of splunkd; return the exit code."""
    if args == ["--scheme"]:
        _write_xml(scheme().to_xml())
        return 0
    if args and args != ["--validate-arguments"]:
        log_to_splunkd("ERROR", f"LogLM input: unknown arguments {list(args)!r}")
        return 1
    try:
        definition = read_definition(sys.stdin.buffer)
        return _validate(app, definition) if args else _run_all(app, definition)
    except InputError as error:
        return _refuse(str(error)) if args else report_error(_log, "LogLM input", error)


def _validate(app: Path, definition: StdinDefinition) -> int:
    """Answer a validation: nothing where the input is valid, else an error element."""
    try:
        for stanza in definition.stanzas:
            for warning in validate(app, definition.session, stanza):
                log_to_splunkd("WARN", f"LogLM input {stanza.name}: {warning}")
    except LogLMError as error:
        return _refuse(error.user_message())
    return 0


def _refuse(text: str) -> int:
    root = ET.Element("error")
    ET.SubElement(root, "message").text = one_line(text, 1_000)
    _write_xml(root)
    return 1


def _write_xml(root: ET.Element) -> None:
    """Write an XML document to stdout; in ASCII, because the encoding of stdout depends on splunkd."""
    sys.stdout.write(ET.tostring(root).decode("ascii"))


def _run_all(app: Path, definition: StdinDefinition) -> int:
    for text in definition.ignored:
        log_to_splunkd("WARN", f"LogLM input: ignored {text}")
    return max((_run_guarded(app, definition, stanza) for stanza in definition.stanzas), default=0)


def _run_guarded(app: Path, definition: StdinDefinition, stanza: Stanza) -> int:
    """Run one input; every outcome becomes an exit code and one line in splunkd.log."""
    program = f"LogLM input {_short_name(stanza)}"
    try:
        _run(app, definition, stanza, program)
        return 0
    except AlreadyRunning as error:
        log_to_splunkd("INFO", f"{program}: {error}")
        return 0
    except StreamClosed:
        redirect_to_null(sys.stdout)
        log_to_splunkd("WARN", f"{program}: splunkd closed the stream; the position stays at the last flushed batch")
        return 1
    except SessionEnded as error:
        return report_error(_log, program, error, level="WARN")
    except (SidecarError, SplunkdError) as error:
        consequence = "Reading paused, the position stays and nothing is skipped."
        return report_error(_log, program, error, consequence)
    except LogLMError as error:
        return report_error(_log, program, error)
    except Exception as error:  # noqa: BLE001 - the process's outermost handler: logged with a reference
        return report_internal_error(_log, program, error)


def _run(app: Path, definition: StdinDefinition, stanza: Stanza, program: str) -> None:
    options = InputOptions.read(stanza.params)
    for name in unknown_settings(stanza.params):
        log_to_splunkd("WARN", f"{program}: unknown setting {name} ignored")
    folder, stem = _open_folder(definition.checkpoint_folder, stanza)
    with InputLock(definition.checkpoint_folder / f"{stem}.lock"):
        store = CheckpointStore(folder, stem, stanza.name)
        loaded = store.load()
        report_damage(_log, program, loaded)
        position = start_position(store, loaded.position, options, time.time())
        settings = Settings.read(app)
        service = connect(definition.session, _SEARCH_SECONDS, settings.splunkd_ca_file, stanza.app)
        check_not_clustered(service)
        with SidecarClient(settings, sidecar_token(settings, definition.session)) as client:
            stream = EventStream(sys.stdout, options.target_index, options.target_sourcetype)
            rule, journal = _rule(options, stanza), Journal(folder, stem)
            ingest = Ingest(options, settings, rule, service, client, store, journal, stream, time.time)
            try:
                ingest.run(position)
            finally:
                ingest.stream.close()
                report_progress(_log, program, options, ingest.progress)


def _rule(options: InputOptions, stanza: Stanza) -> NotableRule:
    name = options.rule_name or f"LogLM - {_short_name(stanza)}"
    return NotableRule(name, options.security_domain, options.severity)


def _short_name(stanza: Stanza) -> str:
    """Return the input's name without its scheme."""
    return stanza.name.partition("://")[2] or stanza.name


def _open_folder(path: Path, stanza: Stanza) -> tuple[DurableFolder, str]:
    """Return the checkpoint folder and the stem of the input's file names: a hash, because a name may contain `/`."""
    folder = DurableFolder(path)
    try:
        folder.create()
    except OSError as error:
        raise CheckpointError(f"the checkpoint folder cannot be created ({error.strerror})", where=str(path)) from error
    return folder, sha256(stanza.name.encode("utf-8", "surrogatepass")).hexdigest()[:32]
