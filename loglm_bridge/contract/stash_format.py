r"""A notable event as text that Splunk indexes: a line of sourcetype stash, or JSON for any other sourcetype.

The stash line is that of the common action model (SPLUNK.md 3.2, result2stash): `1700000000.000, search_name="...",
k="v", k="v2"`, with `\` and `"` doubled or escaped by a backslash, and a field repeated for each of its values.
"""

from __future__ import annotations

import json
import re
from typing import Any

from loglm_bridge.contract.notable import Notable

#: The sourcetype of summary events; Enterprise Security's indexes notable and risk expect it.
STASH = "stash"

_ESCAPED = re.compile(r'["\\]')


def render(notable: Notable, sourcetype: str) -> str:
    """Return the event's text for an index-time sourcetype: a stash line, or one line of JSON."""
    if sourcetype == STASH:
        return stash_line(notable)
    fields = json.dumps(json_fields(notable), ensure_ascii=False, separators=(",", ":"))
    # three decimals always, which a number of json.dumps would not have: props.conf reads them with %3N
    return f'{{"time":{notable.time:.3f},{fields[1:]}'


def stash_line(notable: Notable) -> str:
    """Return the notable as one line of sourcetype stash, the time in front."""
    pairs = [f'{name}="{_quoted(value)}"' for name, values in notable.fields.items() for value in values]
    return ", ".join([f"{notable.time:.3f}", *pairs])


def json_fields(notable: Notable) -> dict[str, Any]:
    """Return the notable's fields as a JSON object: text, or a list of texts where a field is multivalue."""
    return {name: values[0] if len(values) == 1 else list(values) for name, values in notable.fields.items()}


def _quoted(value: str) -> str:
    r"""Return a value that can stand between two quotes, whatever a reader thinks of backslashes.

    Splunk's stash reader undoes `\\` and `\"`. A reader that only looks at the character before a quote would take
    `\\"` for an escaped quote and read on into the next field, so a final backslash gets a blank after it: no value
    can end its own quotes for one kind of reader, nor hide the closing quote from the other.
    """
    text = _ESCAPED.sub(lambda found: "\\" + found[0], value.replace("\n", " ⏎ ").replace("\t", " "))
    return text + " " if text.endswith("\\") else text
