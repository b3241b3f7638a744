r"""A notable event as text that Splunk indexes: a line of sourcetype stash, or JSON for any other sourcetype.

The stash line has the form of result2stash in Splunk's common action model (docs/dev/splunk-facts.md):
`1700000000.000, search_name="...", k="v", k="v2"`, with `\` and `"` escaped by a backslash, and a field repeated for
each of its values.
"""

from __future__ import annotations

import json
import re
from typing import Any, Callable, Mapping, Union

from loglm_bridge.contract.notable import Notable
from loglm_bridge.contract.safe_text import truncate

#: The sourcetype of summary events; Enterprise Security's indexes notable and risk expect it.
STASH = "stash"

#: Bytes of an event for its fields; Splunk extracts about 10,240 characters of a stash line and 5,000 of JSON.
MAX_STASH, MAX_JSON = 10_000, 4_800

#: Bytes up to which a field is short, and the minimum to which a long one is cut.
_SHORT, _MIN_SHARE = 300, 150

#: Characters that a value needs for the note of how much was cut.
_NOTE = 30

#: The original event, which is always the last field.
_RAW = "orig_raw"

_SPECIAL = re.compile(r'["\\]')


def render_notable(notable: Notable, sourcetype: str) -> str:
    """Return the event's text for an index-time sourcetype: a stash line, or one line of JSON."""
    if sourcetype == STASH:
        return stash_line(notable)
    fields = json.dumps(json_fields(notable), ensure_ascii=False, separators=(",", ":"))
    # always three decimals, because props.conf reads them with %3N; json.dumps would write fewer
    return f'{{"time":{notable.time:.3f},{fields[1:]}'


def stash_line(notable: Notable) -> str:
    """Return the notable as one line of sourcetype stash, its time first, within what Splunk extracts."""
    fields = fitted(notable.fields, MAX_STASH, lambda name, values: _size(_pairs(name, values)))
    return ", ".join([f"{notable.time:.3f}", *(_pairs(name, values) for name, values in fields.items())])


def json_fields(notable: Notable) -> dict[str, Any]:
    """Return the notable's fields as a JSON object within what Splunk extracts: text, or a list of several texts."""
    fields = fitted(notable.fields, MAX_JSON, lambda name, values: _size(_json(name, values)))
    return {name: _json_value(values) for name, values in fields.items()}


def fitted(
    fields: Mapping[str, tuple[str, ...]], limit: int, cost: Callable[[str, tuple[str, ...]], int]
) -> dict[str, tuple[str, ...]]:
    """Return the fields in an order, and cut, so that what matters is among the first `limit` bytes of the event.

    Splunk extracts nothing behind a number of characters of an event. So short values come first, in their order, then
    long ones, the original event last. Long ones get equal shares of what is left and are cut to theirs. `cost` returns
    the bytes of a field.
    """
    costs = {name: cost(name, values) for name, values in fields.items()}
    result = {name: values for name, values in fields.items() if name != _RAW and costs[name] <= _SHORT}
    long = sorted((name for name in fields if name not in result), key=lambda name: (name == _RAW, costs[name]))
    room = limit - sum(costs[name] for name in result)
    for i, name in enumerate(long):
        share = max(_MIN_SHARE, room // (len(long) - i))
        result[name] = fields[name] if costs[name] <= share else _cut(name, fields[name], share, cost)
        room -= cost(name, result[name])
    return result


def _cut(
    name: str, values: tuple[str, ...], share: int, cost: Callable[[str, tuple[str, ...]], int]
) -> tuple[str, ...]:
    """Return as many values as fit into `share` bytes, the last one cut; at least the beginning of the first."""
    kept = values
    while len(kept) > 1 and cost(name, kept) > share:
        kept = kept[:-1]
    length = len(kept[-1])
    while cost(name, kept) > share and length > 1:
        length = max(1, min(length - 1, length * share // cost(name, kept) - _NOTE))
        kept = (*kept[:-1], truncate(values[len(kept) - 1], length))
    return kept


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass")) + 2  # and what separates fields


def _json(name: str, values: tuple[str, ...]) -> str:
    return json.dumps({name: _json_value(values)}, ensure_ascii=False)


def _pairs(name: str, values: tuple[str, ...]) -> str:
    return ", ".join([f'{name}="{_quoted(value)}"' for value in values])


def _json_value(values: tuple[str, ...]) -> Union[str, list[str]]:
    return values[0] if len(values) == 1 else list(values)


def _quoted(value: str) -> str:
    r"""Return a value that is safe between two quotes, however a reader treats backslashes.

    Splunk's stash reader undoes `\\` and `\"`. A reader that only looks at the character before a quote would take
    `\\"` for an escaped quote and read on into the next field. So a blank follows a final backslash: no value can end
    its own quotes for one kind of reader, nor hide the closing quote from the other.
    """
    text = _SPECIAL.sub(lambda match: "\\" + match[0], value.replace("\n", " ⏎ ").replace("\t", " "))
    return text + " " if text.endswith("\\") else text
