"""Where notables go and how they are filed: the settings that the input and the alert action have in common."""

from __future__ import annotations

import re
from typing import Any, Callable, Mapping

from loglm_bridge.contract.errors import ConfigError
from loglm_bridge.contract.notable import DOMAINS, SEVERITIES
from loglm_bridge.contract.safe_text import one_line
from loglm_bridge.splunk.config import value_parsers

#: Text -> value; ValueError says what is wanted.
Reader = Callable[[str], Any]

#: Setting -> how its text is read, and what a form says about it.
Arguments = Mapping[str, tuple[Reader, str]]

#: Characters of a refused value that are repeated.
_MAX_SHOWN = 80

_MAX_NAME = 200

_INDEX = re.compile(r"[a-z0-9_][a-z0-9_-]{0,79}\Z")
_SOURCETYPE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_:.-]{0,99}\Z")


def read_all(readers: Mapping[str, Reader], given: Mapping[str, str]) -> dict[str, Any]:
    """Return the values of all settings that are given and not empty; `readers` says how each one's text is read.

    Raises:
        ConfigError: a value cannot be used; names the setting, the value and what is wanted.
    """
    found: dict[str, Any] = {}
    for name, cast in readers.items():
        text = given.get(name, "").strip()
        try:
            found.update({name: cast(text)} if text else {})
        except ValueError as error:
            raise ConfigError(f'{name} must be {error}, got "{one_line(text, _MAX_SHOWN)}"') from error
    return found


def index_name(text: str) -> str:
    """Return the name of an index. Raises ValueError with what is wanted."""
    if not _INDEX.match(text):
        raise ValueError("the name of an index: lowercase letters, digits, underscores, hyphens")
    return text


def _sourcetype(text: str) -> str:
    if not _SOURCETYPE.match(text):
        raise ValueError("a sourcetype: letters, digits and _ : . -")
    return text


def _rule_name(text: str) -> str:
    if len(text) > _MAX_NAME or not text.isprintable():
        raise ValueError(f"at most {_MAX_NAME} printable characters")
    return text


NOTABLE_SETTINGS: Arguments = {
    "target_index": (index_name, "Index of the notable events."),
    "target_sourcetype": (
        _sourcetype,
        "Sourcetype of the notable events. stash: a line of fields as Enterprise Security writes; any other: JSON.",
    ),
    "rule_name": (_rule_name, "Name of the rule in the notable events. Empty: that of the input or alert."),
    "security_domain": (lambda text: value_parsers.choice(text, DOMAINS), f"One of {', '.join(DOMAINS)}."),
    "severity": (
        lambda text: value_parsers.choice(text, SEVERITIES),
        f"One of {', '.join(SEVERITIES)}; auto: from the score.",
    ),
}
