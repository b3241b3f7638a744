"""IBM QRadar Log Event Extended Format 1.0 (tabs) and 2.0 (a delimiter of its own).

Format: https://www.ibm.com/docs/en/dsm?topic=leef-overview
"""

from __future__ import annotations

import re

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.families.network import device
from loglm_bridge.telemetry.record import Field, Record

#: Characters in which `LEEF:` must begin: it may follow a syslog header.
_MAX_START = 400
_MAX_PAIRS = 160
_HEX = re.compile(r"(?:0?x)?([0-9a-fA-F]{1,4})\Z")


def parse(text: str, event: Event) -> Record | None:  # noqa: ARG001 (one signature for all formats)
    """Parse one LEEF event that begins within _MAX_START characters, or lost its `LEEF:`; None for other text."""
    start = text.find("LEEF:", 0, _MAX_START)
    if start >= 0:
        start += 5
    elif text[:4] in ("1.0|", "2.0|"):
        start = 0
    else:
        return None
    version_2 = text.startswith("2", start)
    parts = text[start:].split("|", 6 if version_2 else 5)
    if len(parts) < 5:
        return None
    header = [("vendor", parts[1]), ("product", parts[2]), ("product_version", parts[3]), ("signature_id", parts[4])]
    delimiter, body = "\t", parts[-1] if len(parts) > 5 else ""
    if version_2 and len(parts) == 7:
        delimiter = _delimiter(parts[5])
    elif version_2 and len(parts) == 6 and "=" not in parts[5][:40]:
        delimiter, body = _delimiter(parts[5]), ""
    return device.record("leef", [(n, v.strip()) for n, v in header] + _attributes(body, delimiter))


def _delimiter(text: str) -> str:
    """Return the delimiter that the header gives as a character or in hexadecimal (x09, 0x5E); a tab by default."""
    if len(text) == 1:
        return text
    code = _HEX.match(text)
    return chr(int(code.group(1), 16)) if code and code.group(1) != "0" else "\t"


def _attributes(body: str, delimiter: str) -> list[Field]:
    if delimiter not in body and "#011" in body:
        body = body.replace("#011", "\t")
    fields: list[Field] = []
    for part in body.split(delimiter, _MAX_PAIRS)[:_MAX_PAIRS]:
        name, equals, value = part.partition("=")
        if equals and name.strip():
            fields.append((name.strip()[:64], value.strip()))
    return fields
