"""Recognising a product by the names of its fields: a table of signatures, the first that fits wins."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Mapping, Sequence

from loglm_bridge.telemetry.canonical import identity, placeholders

_MAX_KIND = 80
_UNSAFE = re.compile(r"[^a-z0-9_.:/{}*-]+")


@dataclass(frozen=True, slots=True)
class ProductSignature:
    """A product's event: `needs` are lower-case dotted names that are all present; the kind is `product`, the
    values of the `kinds` fields that are present, and the constant `kind`, joined with colons."""

    family: str
    product: str
    needs: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    kind: str = ""


def told_by(signatures: Sequence[ProductSignature]) -> frozenset[str]:
    """Return the lower-case names of the fields whose values `match` looks at."""
    return frozenset(name for signature in signatures for name in signature.kinds)


def match(signatures: Sequence[ProductSignature], lower: Mapping[str, str]) -> tuple[str, str] | None:
    """Return (family, kind) of the first signature that fits the fields (lower-case name to value)."""
    for signature in signatures:
        for name in signature.needs:
            if name not in lower:
                break
        else:
            words = (lower[name] for name in signature.kinds if name in lower)
            parts = (signature.product, *words, signature.kind)
            return signature.family, clean_kind(":".join(part.strip() for part in parts if part.strip()))
    return None


def clean_kind(text: str) -> str:
    """Return a kind's one spelling: lower case, blanks as underscores, identity masked, at most _MAX_KIND long."""
    masked = identity.mask(placeholders.escape(text[: _MAX_KIND * 2]).lower())
    return _UNSAFE.sub("_", masked)[:_MAX_KIND].strip("_:")
