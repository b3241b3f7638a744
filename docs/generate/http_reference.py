"""The HTTP interface: keys, options, limits and metrics from the code, and an example with the shipped model."""

from __future__ import annotations

import json
import re
from pathlib import Path

from docs.generate import live_sidecar
from docs.generate.markdown import code, sentence, table
from loglm_bridge.contract import limits as bounds
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.verdict import Verdict
from loglm_bridge.contract.wire import Options, write_request

_EVENT_KEYS = {
    "raw": ("text", "The event's text. The only key that is required."),
    "sourcetype": ("text", "Splunk's sourcetype, as a hint for parsers."),
    "source": ("text", "Splunk's source."),
    "host": ("text", "The host. Its name becomes `{host}` wherever it occurs in the event."),
    "time": ("number", "Epoch seconds. Needed for context: it orders the events of an entity."),
    "entity": ("text", "Whose event it is. Events of one entity form windows where `sequence` is set."),
}

_OPTIONS = {
    "top": f"At most this many techniques in a verdict, from 1 to {bounds.MAX_TOP}.",
    "embedding": "Each result carries the event's vector.",
    "explain": "Each result carries an explanation.",
    "sequence": "The events of one `entity` are read together, in time order.",
    "distinct": "Equal results stand once in `results`; `order` holds the index of each event's result.",
    "brief": "Only malicious and suspicious verdicts name techniques.",
    "short": "A result with the status ok is a list: score, verdict, novelty, truncated, and of each technique id and "
    "confidence.",
}

_RESULT_KEYS = {
    "status": "`ok`, `empty`, `unparsed` or `error`.",
    "score": "How seldom an ordinary event of the log family scores as high, 0 to 1 (0.9: one in a thousand); null "
    "unless the status is ok.",
    "verdict": "`malicious`, `suspicious`, `benign` or `unknown`; null unless the status is ok.",
    "techniques": "The most likely first; each with `id`, `name`, `tactics` and `confidence`.",
    "novelty": "0 familiar to 1 foreign; null unless the status is ok.",
    "truncated": "Whether the event was longer than what is read of it.",
    "embedding": "The event's vector of unit length, where asked for.",
    "explanation": "What led to the verdict, where asked for.",
    "detail": "Why the status is not ok.",
}

#: What is said of the metrics of caches, which have no text of their own.
_CACHE = "What the model remembers: see [sizing](../admin/sizing.md)."


def event_keys() -> str:
    """Return the keys of an event."""
    return table(["key", "type", "meaning"], ([code(name), *_EVENT_KEYS[name]] for name in Event._fields))


def options() -> str:
    """Return the options of a request."""
    defaults = Options()._asdict()
    rows = ([code(name), code(json.dumps(value)), _OPTIONS[name]] for name, value in defaults.items())
    return table(["option", "default", "meaning"], rows)


def results() -> str:
    """Return the keys of a result."""
    return table(["key", "meaning"], ([code(name), _RESULT_KEYS[name]] for name in Verdict._fields))


def limits() -> str:
    """Return the bounds of requests, with the comment that stands above each constant."""
    text = Path(bounds.__file__).read_text(encoding="utf-8")
    found = re.findall(r"^#: (.+(?:\n#: .+)*)\n([A-Z_]+) = (.+)$", text, re.MULTILINE)
    rows = (
        [code(name), f"{getattr(bounds, name)}", sentence(comment.replace("\n#: ", " "))] for comment, name, _ in found
    )
    return table(["constant", "value", "meaning"], rows)


def metrics() -> str:
    """Return the samples of GET /metrics of a running sidecar: name, kind, label values, meaning."""
    text = live_sidecar.answers()[1]
    meanings = dict(re.findall(r"^# HELP (\S+) (.+)$", text, re.MULTILINE))
    kinds = re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE)
    rows = ([code(name), kind, _labels(text, name), meanings.get(name, _CACHE)] for name, kind in kinds)
    return table(["metric", "kind", "label", "meaning"], rows)


def example() -> str:
    """Return a request and the shipped model's reply to it."""
    request = write_request([live_sidecar.EVENT], live_sidecar.OPTIONS).decode()
    return f"The request:\n\n{_block(request)}\n\nThe reply:\n\n{_block(live_sidecar.answers()[0])}"


def _number(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _labels(text: str, name: str) -> str:
    found = re.findall(rf'^{name}{{(\w+)="([^"]*)"}}', text, re.MULTILINE)
    return f"`{found[0][0]}`: {', '.join(value for _, value in found)}" if found else ""


def _block(body: str) -> str:
    return f"```json\n{json.dumps(json.loads(body), indent=2, ensure_ascii=False)}\n```"
