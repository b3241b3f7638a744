"""ArcSight Common Event Format: seven header parts between bars, then the extension's pairs.

Format: https://www.microfocus.com/documentation/arcsight/ (CEF Implementation Standard, revision 26).
"""

from __future__ import annotations

import re
from itertools import islice

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.families.network import device
from loglm_bridge.telemetry.record import Field, Record

_HEADER = ("vendor", "product", "product_version", "signature_id", "signature", "severity")
_BAR = re.compile(r"(?<!\\)\|")
_NAME = re.compile(r"(?:(?<=\s)|^)([A-Za-z0-9_.\[\]-]{1,64}+)=")
_ESCAPE = re.compile(r"\\([\\=|])")
#: CEF's keys for the bytes to and from the source.
_COUNTERS = {"in": "bytes_in", "out": "bytes_out"}
_MAX_PAIRS = 160
#: Characters in which `CEF:` must begin: it may follow a syslog header.
_MAX_START = 400


def parse(text: str, event: Event) -> Record | None:  # noqa: ARG001 (one signature for all formats)
    """Parse one CEF event that begins within _MAX_START characters, or lost its `CEF:`; None for other text."""
    start = text.find("CEF:", 0, _MAX_START)
    if start == 0 or (start > 0 and not text[start - 1].isalnum()):
        start += 4
    elif text[:2] not in ("0|", "1|"):
        return None
    parts = _BAR.split(text[max(0, start) :], maxsplit=7)
    if len(parts) < (4 if start >= 4 else 8) or not parts[0].strip().isdigit():
        return None
    header = [(n, _unescape(v.strip())) for n, v in zip(_HEADER, parts[1:7], strict=False)]
    extension = parts[7] if len(parts) > 7 else ""
    return device.record("cef", header + _labelled(_extension(extension)))


def _extension(text: str) -> list[Field]:
    """Return the extension's pairs; a value extends to the blank before the next name, so it may contain blanks."""
    names = list(islice(_NAME.finditer(text), _MAX_PAIRS))
    ends = [*(match.start() for match in names[1:]), len(text)]
    pairs = ((m.group(1), _unescape(text[m.end() : end].strip())) for m, end in zip(names, ends, strict=False))
    return [(_COUNTERS.get(name, name), value) for name, value in pairs]


def _labelled(fields: list[Field]) -> list[Field]:
    """Return the fields with cs1, cn2, flexString1, ... renamed to their labels."""
    labels = {name[:-5]: value for name, value in fields if name.endswith("Label") and value}
    if not labels:
        return fields
    return [(labels.get(n, n).strip().replace(" ", "_"), v) for n, v in fields if not n.endswith("Label")]


def _unescape(value: str) -> str:
    return _ESCAPE.sub(r"\1", value) if "\\" in value else value
