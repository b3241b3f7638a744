"""The settings of one `loglm_input://<name>` stanza; default/inputs.conf repeats their defaults (a test compares).

splunkd merges `[loglm_input]` into each stanza before a run, but shows a validation only what was typed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Callable, Mapping, Optional

from splunklib.modularinput import Argument, Scheme

from loglm_bridge.contract.errors import ConfigError
from loglm_bridge.contract.limits import MAX_TOP
from loglm_bridge.splunk.config import value_parsers
from loglm_bridge.splunk.config.notable_settings import NOTABLE_SETTINGS, Arguments, read_all

KIND = "loglm_input"

#: Characters of the longest search.
_MAX_SEARCH = 32_768

_DAY = 86_400

#: Settings of a stanza that are splunkd's business.
_SPLUNKS = frozenset({"disabled", "host", "index", "interval", "source", "sourcetype", "name", "start_by_shell"})
_SPLUNKS_TOO = ("_", "python.", "evt_", "eai:", "run_", "queue")

_OWN_BOUNDS = re.compile(r"_index_(earliest|latest)\s*=", re.IGNORECASE)


@dataclass(frozen=True)
class InputOptions:
    """What a stanza asks for. Times are in seconds; None means: as loglm.conf says."""

    search: str
    threshold: Optional[float] = None
    top: Optional[int] = None
    by: tuple[str, ...] = ()
    lag: int = 60
    window: int = 300
    lookback: int = 3_600
    max_event_age: int = 7 * _DAY
    max_events: int = 100_000
    target_index: str = "notable"
    target_sourcetype: str = "stash"
    rule_name: str = ""
    security_domain: str = "threat"
    severity: str = "auto"

    @classmethod
    def read(cls, params: Mapping[str, str]) -> InputOptions:
        """Read a stanza's settings; an empty one takes its default, an unknown one is ignored (see `unknown`).

        Raises:
            ConfigError: the search is missing, or a value cannot be used.
        """
        if not params.get("search"):
            raise ConfigError("search is missing", hint="say which events the input is to read")
        return cls(**read_all({name: reader for name, (reader, _) in ARGUMENTS.items()}, params))


def unknown(params: Mapping[str, str]) -> list[str]:
    """Return the settings of a stanza that neither the input nor splunkd knows."""
    return [n for n in params if n not in ARGUMENTS and n not in _SPLUNKS and not n.startswith(_SPLUNKS_TOO)]


def scheme() -> Scheme:
    """Return the scheme that splunkd shows as the input's form."""
    found = Scheme("LogLM notable events")
    found.description = "Reads events with a search, labels them with LogLM and writes a notable event for each attack."
    found.use_external_validation = True
    found.use_single_instance = False
    for name, (_, description) in ARGUMENTS.items():
        needed = name == "search"
        title = name.replace("_", " ").capitalize()
        found.add_argument(Argument(name, description, required_on_create=needed, title=title))
    return found


def defaults() -> dict[str, str]:
    """Return the default of each setting but `search` as conf text."""
    found = {field.name: field.default for field in fields(InputOptions) if field.name != "search"}
    return {name: "" if value in (None, ()) else str(value) for name, value in found.items()}


def search_text(text: str) -> str:
    """Return a search that splunkd takes: with the word `search` in front where no other command leads.

    Raises ValueError with what is wanted.
    """
    if len(text) > _MAX_SEARCH:
        raise ValueError(f"at most {_MAX_SEARCH} characters long")
    if _OWN_BOUNDS.search(text):
        raise ValueError("without _index_earliest and _index_latest, which the input sets itself")
    if text.rstrip().endswith("|"):
        raise ValueError("a whole search, without a pipe at its end")
    return text if text.startswith("|") or re.match(r"search\s", text, re.IGNORECASE) else f"search {text}"


def _seconds(low: int, high: int) -> Callable[[str], int]:
    return lambda text: value_parsers.whole(text, low, high)


ARGUMENTS: Arguments = {
    "search": (
        search_text,
        "Which events to read, e.g. index=win EventCode=1. It must return events, not statistics.",
    ),
    "threshold": (
        lambda text: value_parsers.number(text, 0, 1),
        "Score (0..1) from which an event becomes a notable. Empty: as loglm.conf says.",
    ),
    "top": (
        lambda text: value_parsers.whole(text, 1, MAX_TOP),
        f"Techniques asked for, 1..{MAX_TOP}. Empty: as loglm.conf.",
    ),
    "by": (
        value_parsers.field_names,
        "Fields of an entity, such as host: its events are read in time order, each in the context of the others.",
    ),
    "lag": (_seconds(0, _DAY), "Seconds to wait until a span of index time is complete on all indexers."),
    "window": (_seconds(1, _DAY), "Seconds of index time that one search reads at most."),
    "lookback": (_seconds(0, 366 * _DAY), "Seconds before its first run at which a new input begins to read."),
    "max_event_age": (
        _seconds(0, 3_660 * _DAY),
        "Seconds that an event may be older than its index time. 0: any age, but each search opens all buckets.",
    ),
    "max_events": (_seconds(1, 100_000_000), "Events of one run, after which the next run goes on."),
    **NOTABLE_SETTINGS,
}
