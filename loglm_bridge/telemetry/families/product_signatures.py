"""Recognises a product by the names of its fields: in a table of signatures, the first match wins."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Mapping, Sequence

from loglm_bridge.telemetry.canonical import identity, placeholders

_MAX_KIND = 80
_UNSAFE = re.compile(r"[^a-z0-9_.:/{}*-]+")


@dataclass(frozen=True, slots=True)
class ProductSignature:
    """An event type of a product, recognised by its fields.

    `required` are lower-case dotted names that are all present. The event's kind is `product`, the values of those
    `kind_fields` that are present, and the constant `suffix`, joined with colons.
    """

    family: str
    product: str
    required: tuple[str, ...]
    kind_fields: tuple[str, ...] = ()
    suffix: str = ""


def deciding_fields(signatures: Sequence[ProductSignature]) -> frozenset[str]:
    """Return the lower-case names of the fields whose values `match` depends on."""
    return frozenset(name for signature in signatures for name in signature.kind_fields)


def match(signatures: Sequence[ProductSignature], lower: Mapping[str, str]) -> tuple[str, str] | None:
    """Return (family, kind) of the first signature that matches the fields (lower-case name -> value)."""
    for signature in signatures:
        for name in signature.required:
            if name not in lower:
                break
        else:
            values = (lower[name] for name in signature.kind_fields if name in lower)
            parts = (signature.product, *values, signature.suffix)
            return signature.family, clean_kind(":".join(part.strip() for part in parts if part.strip()))
    return None


def clean_kind(text: str) -> str:
    """Return the canonical spelling of a kind: lower case, blanks as underscores, identity masked, cut at _MAX_KIND."""
    masked = identity.mask(placeholders.escape(text[: _MAX_KIND * 2]).lower())
    return _UNSAFE.sub("_", masked)[:_MAX_KIND].strip("_:")
