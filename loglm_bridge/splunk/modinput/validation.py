"""What is checked when an input is created or edited; splunkd kills a validation that takes long, so all is bounded.

A sidecar that is down is a warning: an input may be set up before the sidecar is started.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Iterator

from loglm_bridge.contract.errors import ConfigError, LogLMError
from loglm_bridge.contract.limits import MAX_ECHO
from loglm_bridge.contract.safe_text import one_line
from loglm_bridge.splunk.client.client import SidecarClient
from loglm_bridge.splunk.client.deadline import within
from loglm_bridge.splunk.config.credentials import SplunkSession
from loglm_bridge.splunk.config.settings import Settings
from loglm_bridge.splunk.config.splunkd_rest import FAILURES, connect
from loglm_bridge.splunk.modinput.options import InputOptions, unknown
from loglm_bridge.splunk.modinput.stdin_definition import Stanza

#: Seconds for both questions that are asked elsewhere, at the same time; with Python's start that stays below two.
_SECONDS = 0.8


def validate(app: Path, session: SplunkSession, stanza: Stanza) -> Iterator[str]:
    """Yield warnings about a new input.

    Raises:
        ConfigError: it cannot work as it is.
    """
    options = InputOptions.read(stanza.params)
    yield from (f"unknown setting {name} is ignored" for name in unknown(stanza.params))
    said: list[str] = []
    sidecar = threading.Thread(target=lambda: said.extend(_ask_sidecar(app)), name="loglm-sidecar", daemon=True)
    started = time.monotonic()
    sidecar.start()
    try:
        has_index = within(_SECONDS, lambda: _ask_splunkd(session, stanza.app, options))
    except (TimeoutError, *FAILURES):
        yield "splunkd did not parse the search in time; it is checked when the input runs"
    else:
        if not has_index:
            # a warning only: on a heavy forwarder the index is on the indexers
            yield f"there is no index {options.target_index} here; indexers without it drop notables"
    sidecar.join(max(0.0, started + _SECONDS - time.monotonic()))
    yield from ["the sidecar did not answer in time"] if sidecar.is_alive() else said


def _ask_sidecar(app: Path) -> Iterator[str]:
    """Yield what is wrong with the sidecar."""
    try:
        with SidecarClient(Settings.read(app), "") as client:
            client.identify()
    except LogLMError as error:
        yield error.user_message()


def _ask_splunkd(session: SplunkSession, app: str, options: InputOptions) -> bool:
    """Let splunkd parse the search; return whether it knows the index of the notables.

    Raises:
        ConfigError: splunkd refuses the search.
    """
    service = connect(session, _SECONDS, app)
    try:
        service.parse(options.search, parse_only="1")
    except FAILURES as error:
        if getattr(error, "status", None) != 400:
            raise
        raise ConfigError(f"search cannot be parsed: {one_line(str(error), MAX_ECHO)}") from error
    return options.target_index in service.indexes
