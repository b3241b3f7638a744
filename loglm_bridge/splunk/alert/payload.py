"""The payload that splunkd writes to an alert action's stdin, and the settings of the action in it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Mapping, Optional

from loglm_bridge.contract.errors import InputError
from loglm_bridge.contract.row import Row
from loglm_bridge.splunk.config import value_parsers
from loglm_bridge.splunk.config.credentials import SplunkSession
from loglm_bridge.splunk.config.notable_settings import NOTABLE_SETTINGS, Parser, index_name, parse_settings

#: Maximum bytes of a payload; it contains one row and the alert's settings.
MAX_BYTES = 32 * 1024 * 1024

#: Where the first row of the results begins, the last and only part of a payload that comes from events.
_RESULT = re.compile(r',\s*"result"\s*:')

_HINT = "see splunkd.log for the alert, and run it again"


@dataclass(frozen=True)
class Alert:
    """One call of an alert action: `first` is the first result, `settings` are the action's settings as text.

    The action runs with the rights of `owner`.
    """

    name: str
    sid: str
    app: str
    results: Path
    session: SplunkSession
    first: Row
    settings: Mapping[str, str]
    owner: str = ""


@dataclass(frozen=True)
class AlertOptions:
    """The settings of the action (param.* in conf); None means the setting of loglm.conf.

    `onerror` applies to rows without a label because the sidecar does not answer: with `fail` none of them is written
    and the action fails, with `pass` each becomes a notable whose loglm_status says why. `risk_objects` as in
    contract.row.
    """

    threshold: Optional[float] = None
    onerror: str = "fail"
    max_rows: int = 500
    by: tuple[str, ...] = ()
    delivery: str = "receivers"
    target_index: str = "notable"
    target_sourcetype: str = "stash"
    rule_name: str = ""
    security_domain: str = "threat"
    severity: str = "auto"
    risk: bool = False
    risk_index: str = "risk"
    risk_objects: tuple[str, ...] = ()

    @classmethod
    def read(cls, settings: Mapping[str, str]) -> AlertOptions:
        """Parse the settings; an empty one takes its default.

        Raises:
            ConfigError: a value cannot be used.
        """
        return cls(**parse_settings(PARSERS, settings))


def read_alert(stream: BinaryIO) -> Alert:
    """Read the payload.

    Raises:
        InputError: too long, not JSON, or without a required key.
    """
    data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise InputError(f"the alert's payload is longer than {MAX_BYTES:,} bytes", hint=_HINT)
    payload = _parse(data.decode("utf-8-sig", "replace"))
    settings = payload.get("configuration")
    return Alert(
        name=_text(payload, "search_name") or "ad hoc search",
        sid=_text(payload, "sid"),
        app=_text(payload, "app"),
        results=Path(_required(payload, "results_file")),
        session=SplunkSession(_required(payload, "server_uri"), _required(payload, "session_key")),
        first=_row(payload.get("result")),
        settings={str(k): str(v) for k, v in settings.items()} if isinstance(settings, dict) else {},
        owner=_text(payload, "owner"),
    )


def _parse(text: str) -> Mapping[str, Any]:
    """Return the payload. Its first row may hold what JSON forbids: stray bytes, control characters, odd escapes.

    The row is also in the results file, so a payload that only the row makes unreadable is read without it.
    """
    fault = "is not JSON"
    for candidate in (text, _RESULT.split(text, maxsplit=1)[0] + "}"):
        try:
            payload = json.loads(candidate, strict=False)
        except (ValueError, RecursionError):
            continue
        if isinstance(payload, dict):
            return payload
        fault = "is not a JSON object"
    raise InputError(f"the alert's payload {fault}", hint=_HINT)


def _text(payload: Mapping[str, Any], name: str) -> str:
    value = payload.get(name)
    return value if isinstance(value, str) else ""


def _required(payload: Mapping[str, Any], name: str) -> str:
    text = _text(payload, name)
    if not text:
        raise InputError(f"the alert's payload has no {name}", hint=_HINT)
    return text


def _row(result: Any) -> Row:
    if not isinstance(result, dict):
        return {}
    return {name: [str(v) for v in (value if isinstance(value, list) else [value])] for name, value in result.items()}


def _risk_objects(text: str) -> tuple[str, ...]:
    names = tuple(name for name in (part.strip() for part in text.split(",")) if name)
    for name in names:
        type_ = name.partition(":")[2]
        if len(name) > 200 or not name.isprintable() or type_ not in ("", "user", "system", "other"):
            raise ValueError("comma-separated fields, each alone or as field:user, field:system, field:other")
    return names


#: Parser of each setting; README/alert_actions.conf.spec describes their meaning.
PARSERS: Mapping[str, Parser] = {
    "threshold": lambda text: value_parsers.number(text, 0, 1),
    "onerror": lambda text: value_parsers.choice(text, ("fail", "pass")),
    "max_rows": lambda text: value_parsers.whole(text, 1, 50_000),
    "by": value_parsers.field_names,
    "delivery": lambda text: value_parsers.choice(text, ("receivers", "hec")),
    **{name: parser for name, (parser, _) in NOTABLE_SETTINGS.items()},
    "risk": value_parsers.boolean,
    "risk_index": index_name,
    "risk_objects": _risk_objects,
}
