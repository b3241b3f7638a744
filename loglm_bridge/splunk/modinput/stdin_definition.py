"""The input definition that splunkd writes to a modular input's stdin: XML with the server, the session and the inputs.

Two forms: `input/configuration/stanza` for a run, `items/item` for a validation (docs/dev/splunk-facts.md), in UTF-8 or
UTF-16. The size is bounded, and a document type is refused before any parser runs.
"""

from __future__ import annotations

import codecs
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Iterator, Mapping

from loglm_bridge.contract.errors import InputError
from loglm_bridge.contract.limits import MAX_ECHO
from loglm_bridge.contract.safe_text import one_line
from loglm_bridge.splunk.config.credentials import SplunkSession

#: Maximum bytes of a definition; a thousand inputs fit.
MAX_BYTES = 4 * 1024 * 1024

_FORBIDDEN = re.compile(r"<!\s*(doctype|entity)", re.IGNORECASE)
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")


@dataclass(frozen=True)
class Stanza:
    """One input: its full name (`loglm_input://x`; a validation has only `x`), its app, and its settings as text."""

    name: str
    app: str
    params: Mapping[str, str]


@dataclass(frozen=True)
class StdinDefinition:
    """The session, the checkpoint folder, the inputs, and the XML elements that were ignored."""

    session: SplunkSession
    checkpoint_folder: Path
    stanzas: tuple[Stanza, ...]
    ignored: tuple[str, ...] = ()


def read_definition(stream: BinaryIO) -> StdinDefinition:
    """Read a definition.

    Raises:
        InputError: too long, not XML of this form, with a document type, or without one of the server's settings.
    """
    root = _parse(stream.read(MAX_BYTES + 1))
    ignored: list[str] = []
    parent = root if root.tag == "items" else root.find("configuration")
    stanzas = tuple(_stanzas(parent if parent is not None else (), ignored))
    session = SplunkSession(_required(root, "server_uri"), _required(root, "session_key"))
    return StdinDefinition(session, Path(_required(root, "checkpoint_dir")), stanzas, tuple(ignored))


def _parse(data: bytes) -> ET.Element:
    if len(data) > MAX_BYTES:
        raise InputError(f"invalid input definition: longer than {MAX_BYTES:,} bytes")
    utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = data.decode("utf-16" if utf16 else "utf-8-sig")
        if _FORBIDDEN.search(text):
            raise InputError("invalid input definition: it contains a document type")
        # the text is already decoded, whatever encoding its declaration names
        root = ET.fromstring(_DECLARATION.sub("", text))  # noqa: S314 - bounded, and without a document type
    except (UnicodeDecodeError, ET.ParseError) as error:
        raise InputError(f"invalid input definition: {one_line(str(error), MAX_ECHO)}") from error
    if root.tag not in ("input", "items"):
        raise InputError("invalid input definition: neither an input nor items")
    return root


def _stanzas(parent: ET.Element | tuple[()], ignored: list[str]) -> Iterator[Stanza]:
    for element in parent:
        if element.tag not in ("stanza", "item"):
            continue
        params: dict[str, str] = {}
        for child in element:
            name = child.get("name")
            if child.tag == "param" and name:
                params[name] = (child.text or "").strip()
            else:
                ignored.append(f"{element.get('name', '?')}: <{child.tag} name={name!r}>")
        yield Stanza(element.get("name", ""), element.get("app", ""), params)


def _required(root: ET.Element, tag: str) -> str:
    text = (root.findtext(tag) or "").strip()
    if not text:
        raise InputError(f"invalid input definition: {tag} is missing")
    return text
