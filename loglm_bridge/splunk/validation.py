"""What is checked when an input is created or edited; splunkd kills a validation that takes long, so all is bounded.

A sidecar that is down is a warning: an input may be set up before the sidecar is started.
"""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

from loglm_bridge.contract.errors import ConfigError, LogLMError
from loglm_bridge.contract.limits import MAX_ECHO
from loglm_bridge.contract.text import one_line
from loglm_bridge.splunk.client import SidecarClient
from loglm_bridge.splunk.credentials import SplunkSession
from loglm_bridge.splunk.deadline import within
from loglm_bridge.splunk.definition import Stanza
from loglm_bridge.splunk.input_options import InputOptions, unknown
from loglm_bridge.splunk.settings import Settings
from loglm_bridge.splunk.splunkd import FAILURES, connect

#: Seconds for each question that is asked elsewhere; two of them and Python's start stay below two seconds.
_SECONDS = 0.6


def validate(app: Path, session: SplunkSession, stanza: Stanza) -> Iterator[str]:
    """Yield warnings about a new input.

    Raises:
        ConfigError: it cannot work as it is.
    """
    options = InputOptions.read(stanza.params)
    yield from (f"unknown setting {name} is ignored" for name in unknown(stanza.params))
    try:
        within(_SECONDS, lambda: _parse(session, stanza.app, options.search))
    except (TimeoutError, *FAILURES):
        yield "splunkd did not parse the search in time; it is checked when the input runs"
    try:
        settings = Settings.read(app)
        with SidecarClient(settings, "") as client:
            within(_SECONDS, client.identify)
    except TimeoutError:
        yield "the sidecar did not answer in time"
    except LogLMError as error:
        yield f"{error}. {error.hint[:1].upper()}{error.hint[1:]}."


def _parse(session: SplunkSession, app: str, search: str) -> None:
    """Let splunkd parse the search. Raises ConfigError if it refuses it."""
    try:
        connect(session, _SECONDS, app).parse(search, parse_only="1")
    except FAILURES as error:
        if getattr(error, "status", None) != 400:
            raise
        raise ConfigError(f"search cannot be parsed: {one_line(str(error), MAX_ECHO)}") from error
