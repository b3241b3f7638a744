"""The settings of one `loglm_input://<name>` stanza; default/inputs.conf repeats their defaults (a test compares them).

splunkd merges `[loglm_input]` into each stanza before a run, but passes a validation only the settings that were typed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Callable, Mapping, Optional

from splunklib.modularinput import Argument, Scheme

from loglm_bridge.contract.errors import ConfigError
from loglm_bridge.contract.limits import MAX_TOP
from loglm_bridge.splunk.config import value_parsers
from loglm_bridge.splunk.config.notable_settings import NOTABLE_SETTINGS, SettingTable, parse_settings

#: The scheme of the input's stanzas, and the name of its log.
SCHEME = "loglm_input"

#: Maximum characters of a search.
_MAX_SEARCH = 32_768

_DAY = 86_400

#: Settings of a stanza that belong to splunkd, and prefixes of further ones.
_SPLUNKD_SETTINGS = frozenset(
    {"disabled", "host", "index", "interval", "source", "sourcetype", "name", "start_by_shell"}
)
_SPLUNKD_PREFIXES = ("_", "python.", "evt_", "eai:", "run_", "queue")

#: What bounds the time of a search from inside. Such a bound overrides that of the window, also in a subsearch whose
#: events are appended: events would be skipped in silence.
_TIME_BOUNDS = re.compile(
    r"(?<![\w.])(_index_earliest|_index_latest|earliest|latest|(?:start|end)timeu?"
    r"|(?:start|end)?(?:days|hours|minutes|months)ago|searchtimespan(?:days|hours|minutes|months))\"?\s*=",
    re.IGNORECASE,
)
# A quoted string and the equals sign behind it (1), or one that is not closed (2).
_QUOTED = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*(?:"(\s*=)?|(\\?\Z))', re.DOTALL)


@dataclass(frozen=True)
class InputOptions:
    """The settings of a stanza. Times are in seconds; None means the setting of loglm.conf."""

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
        """Parse a stanza's settings; an empty one takes its default, unknown ones are ignored (see `unknown_settings`).

        Raises:
            ConfigError: the search is missing, or a value cannot be used.
        """
        if not params.get("search"):
            raise ConfigError("search is missing", hint="set the search whose events the input reads")
        return cls(**parse_settings({name: parser for name, (parser, _) in ARGUMENTS.items()}, params))


def unknown_settings(params: Mapping[str, str]) -> list[str]:
    """Return the settings of a stanza that neither the input nor splunkd knows."""
    return [
        n for n in params if n not in ARGUMENTS and n not in _SPLUNKD_SETTINGS and not n.startswith(_SPLUNKD_PREFIXES)
    ]


def scheme() -> Scheme:
    """Return the scheme that splunkd shows as the input's form."""
    form = Scheme("LogLM notable events")
    form.description = "Reads events with a search, labels them with LogLM and writes a notable event for each attack."
    form.use_external_validation = True
    form.use_single_instance = False
    for name, (_, description) in ARGUMENTS.items():
        title = name.replace("_", " ").capitalize()
        form.add_argument(Argument(name, description, required_on_create=name == "search", title=title))
    return form


def defaults() -> dict[str, str]:
    """Return the default of each setting but `search` as conf text."""
    values = {field.name: field.default for field in fields(InputOptions) if field.name != "search"}
    return {name: "" if value in (None, ()) else str(value) for name, value in values.items()}


def search_text(text: str) -> str:
    """Return a search in the form that splunkd accepts: with a leading `search` where no other command leads.

    Raises ValueError with what is expected.
    """
    if len(text) > _MAX_SEARCH:
        raise ValueError(f"at most {_MAX_SEARCH} characters long")
    bound = _TIME_BOUNDS.search(_QUOTED.sub(lambda match: match[0] if match[1] or match[2] is not None else '""', text))
    if bound:
        raise ValueError(f"without {bound[1]}=, because the input sets the bounds of time itself")
    if text.rstrip().endswith("|"):
        raise ValueError("a complete search, without a pipe at its end")
    return text if text.startswith("|") or re.match(r"search\s", text, re.IGNORECASE) else f"search {text}"


def _seconds(low: int, high: int) -> Callable[[str], int]:
    return lambda text: value_parsers.whole(text, low, high)


ARGUMENTS: SettingTable = {
    "search": (
        search_text,
        "Search for the events to read, such as index=win EventCode=1. It must return events, not statistics.",
    ),
    "threshold": (
        lambda text: value_parsers.number(text, 0, 1),
        "Score (0 to 1) from which an event becomes a notable event. Empty: the setting of loglm.conf.",
    ),
    "top": (
        lambda text: value_parsers.whole(text, 1, MAX_TOP),
        f"Maximum techniques of an event, 1 to {MAX_TOP}. Empty: the setting of loglm.conf.",
    ),
    "by": (
        value_parsers.field_names,
        "Fields of an entity, such as host: its events are read in time order, each in the context of the others.",
    ),
    "lag": (_seconds(0, _DAY), "Seconds to wait until a window of index time is complete on all indexers."),
    "window": (_seconds(1, _DAY), "Maximum seconds of index time that one search reads."),
    "lookback": (_seconds(0, 366 * _DAY), "Seconds before its first run from which a new input reads."),
    "max_event_age": (
        _seconds(0, 3_660 * _DAY),
        "Maximum seconds between an event's time and its index time. 0: any age, but each search opens all buckets.",
    ),
    "max_events": (_seconds(1, 100_000_000), "Events after which a run ends; the next run continues."),
    **NOTABLE_SETTINGS,
}
