"""Checks of an input that is created or edited, within a time limit: splunkd kills a validation that takes long.

A sidecar that is down is only a warning: an input may be created before the sidecar is started.
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
from loglm_bridge.splunk.config.splunkd_rest import CALL_ERRORS, SplunkdError, connect
from loglm_bridge.splunk.modinput.cluster import check_not_clustered
from loglm_bridge.splunk.modinput.options import InputOptions, unknown_settings
from loglm_bridge.splunk.modinput.stdin_definition import Stanza

#: Maximum seconds for the calls to sidecar and splunkd, which run concurrently; below two with Python's start.
_SECONDS = 0.8


def validate(app: Path, session: SplunkSession, stanza: Stanza) -> Iterator[str]:
    """Yield warnings about a new input.

    Raises:
        ConfigError: the input cannot work.
    """
    options = InputOptions.read(stanza.params)
    yield from (f"unknown setting {name} is ignored" for name in unknown_settings(stanza.params))
    warnings: list[str] = []
    check = threading.Thread(target=lambda: warnings.extend(_check_sidecar(app)), name="loglm-sidecar", daemon=True)
    started = time.monotonic()
    check.start()
    try:
        has_index = within(_SECONDS, lambda: _check_splunkd(app, session, stanza.app, options))
    except SplunkdError as error:
        yield error.user_message()
    except (TimeoutError, *CALL_ERRORS):
        yield "splunkd did not parse the search in time; it is checked when the input runs"
    else:
        if not has_index:
            # a warning only: on a heavy forwarder the index is on the indexers
            yield f"there is no index {options.target_index} here; indexers without it drop notables"
    check.join(max(0.0, started + _SECONDS - time.monotonic()))
    yield from ["the sidecar did not answer in time"] if check.is_alive() else warnings


def _check_sidecar(app: Path) -> Iterator[str]:
    """Yield a warning where the sidecar cannot be reached."""
    try:
        with SidecarClient(Settings.read(app), "") as client:
            client.identify()
    except LogLMError as error:
        yield error.user_message()


def _check_splunkd(app: Path, session: SplunkSession, context: str, options: InputOptions) -> bool:
    """Let splunkd parse the search in the app `context`; return whether it has the index of the notables.

    Raises:
        ConfigError: splunkd refuses the search, or is a member of a search head cluster.
    """
    service = connect(session, _SECONDS, Settings.read(app).splunkd_ca_file, context)
    check_not_clustered(service)
    try:
        service.parse(options.search, parse_only="1")
    except CALL_ERRORS as error:
        if getattr(error, "status", None) != 400:
            raise
        raise ConfigError(f"search cannot be parsed: {one_line(str(error), MAX_ECHO)}") from error
    return options.target_index in service.indexes
