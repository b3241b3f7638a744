r"""A notable event as text that Splunk indexes: a line of sourcetype stash, or JSON for any other sourcetype.

The stash line has the form of result2stash in Splunk's common action model (docs/dev/splunk-facts.md):
`1700000000.000, search_name="...", k="v", k="v2"`, with `\` and `"` escaped by a backslash, and a field repeated for
each of its values.
"""

from __future__ import annotations

import json
import re
from typing import Any

from loglm_bridge.contract.notable import Notable

#: The sourcetype of summary events; Enterprise Security's indexes notable and risk expect it.
STASH = "stash"

_SPECIAL = re.compile(r'["\\]')


def render_notable(notable: Notable, sourcetype: str) -> str:
    """Return the event's text for an index-time sourcetype: a stash line, or one line of JSON."""
    if sourcetype == STASH:
        return stash_line(notable)
    fields = json.dumps(json_fields(notable), ensure_ascii=False, separators=(",", ":"))
    # always three decimals, because props.conf reads them with %3N; json.dumps would write fewer
    return f'{{"time":{notable.time:.3f},{fields[1:]}'


def stash_line(notable: Notable) -> str:
    """Return the notable as one line of sourcetype stash, its time first."""
    pairs = [f'{name}="{_quoted(value)}"' for name, values in notable.fields.items() for value in values]
    return ", ".join([f"{notable.time:.3f}", *pairs])


def json_fields(notable: Notable) -> dict[str, Any]:
    """Return the notable's fields as a JSON object: text, or a list of texts where a field is multivalue."""
    return {name: values[0] if len(values) == 1 else list(values) for name, values in notable.fields.items()}


def _quoted(value: str) -> str:
    r"""Return a value that is safe between two quotes, however a reader treats backslashes.

    Splunk's stash reader undoes `\\` and `\"`. A reader that only looks at the character before a quote would take
    `\\"` for an escaped quote and read on into the next field. So a blank follows a final backslash: no value can end
    its own quotes for one kind of reader, nor hide the closing quote from the other.
    """
    text = _SPECIAL.sub(lambda match: "\\" + match[0], value.replace("\n", " ⏎ ").replace("\t", " "))
    return text + " " if text.endswith("\\") else text
