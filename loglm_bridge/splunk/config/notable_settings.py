"""The settings of notable events that the input and the alert action have in common."""

from __future__ import annotations

import re
from typing import Any, Callable, Mapping

from loglm_bridge.contract.errors import ConfigError
from loglm_bridge.contract.notable import DOMAINS, SEVERITIES
from loglm_bridge.contract.row import INDEX_NAME
from loglm_bridge.contract.safe_text import one_line
from loglm_bridge.splunk.config import value_parsers

#: Text -> value; raises ValueError with what is expected.
Parser = Callable[[str], Any]

#: Setting -> its parser, and its description in a form.
SettingTable = Mapping[str, tuple[Parser, str]]

#: Maximum characters of an invalid value that a message repeats.
_MAX_SHOWN = 80

#: Maximum characters of a rule's name.
_MAX_NAME = 200

_SOURCETYPE = re.compile(r"\A[A-Za-z0-9_][A-Za-z0-9_:.-]{0,99}\Z")


def parse_settings(parsers: Mapping[str, Parser], texts: Mapping[str, str]) -> dict[str, Any]:
    """Return the values of the settings in `texts` that are not empty and have a parser.

    Raises:
        ConfigError: a value cannot be used; the message names the setting, the value and what is expected.
    """
    values: dict[str, Any] = {}
    for name, parser in parsers.items():
        text = texts.get(name, "").strip()
        try:
            values.update({name: parser(text)} if text else {})
        except ValueError as error:
            raise ConfigError(f'{name} must be {error}, got "{one_line(text, _MAX_SHOWN)}"') from error
    return values


def index_name(text: str) -> str:
    """Return the name of an index. Raises ValueError with what is expected."""
    if not INDEX_NAME.match(text):
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


NOTABLE_SETTINGS: SettingTable = {
    "target_index": (index_name, "Index of the notable events."),
    "target_sourcetype": (
        _sourcetype,
        "Sourcetype of the notable events. stash: the format of Enterprise Security; any other: JSON.",
    ),
    "rule_name": (_rule_name, "Name of the rule in the notable events. Empty: the name of the input or alert."),
    "security_domain": (lambda text: value_parsers.choice(text, DOMAINS), f"One of {', '.join(DOMAINS)}."),
    "severity": (
        lambda text: value_parsers.choice(text, SEVERITIES),
        f"One of {', '.join(SEVERITIES)}; auto: from verdict and score.",
    ),
}
