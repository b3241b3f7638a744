"""The proof that `| loglm` wrote a row's label for this very event: a keyed tag in the column `loglm_proof`.

Splunk extracts `name=value` from any log line, and turns `loglm-verdict` into `loglm_verdict`. So columns alone prove
nothing. The tag is an HMAC (RFC 2104) with SHA-256 under the sidecar's token, which the app knows and writers of log
lines do not. It covers score, verdict, and the event as it was sent to the sidecar. Labels that call for an analyst
carry one. The alert action believes those, and labels all other rows anew.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Optional, Sequence

#: Hexadecimal digits of a proof: 96 bits. Whoever guesses needs a row in an alert for each guess.
_LENGTH = 24

#: Separates this use of the token from any other.
_DOMAIN = b"loglm label 1\0"

_BLOCK = 64
_INNER, _OUTER = bytes(byte ^ 0x36 for byte in range(256)), bytes(byte ^ 0x5C for byte in range(256))

#: What an event is read from unless a search says otherwise: the field of its text, no fields of an entity.
_DEFAULT = ("_raw",)


class LabelProofs:
    """Makes and checks proofs under `token`. The keyed beginnings of both hashes are computed once: rows are many."""

    def __init__(self, token: str) -> None:
        key = token.encode("utf-8")
        key = (sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
        self._inner, self._outer = sha256(key.translate(_INNER) + _DOMAIN), sha256(key.translate(_OUTER))

    def tag(self, event: bytes, label: bytes) -> str:
        """Return the tag of a label (see `label_bytes`) for an event as `write_event` encodes it."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(label + event)
        outer.update(inner.digest())
        return outer.hexdigest()[:_LENGTH]

    def check(self, proof: str, event: bytes, label: bytes) -> bool:
        """Return whether `proof`, the value of a row's column, proves the label for the event."""
        from hmac import compare_digest  # only the alert action checks proofs

        tag = proof.partition(" ")[0]
        return compare_digest(tag.encode("utf-8", "replace"), self.tag(event, label).encode("ascii"))


def label_bytes(score: str, verdict: str, names: Sequence[str]) -> bytes:
    """Return what a tag covers of a label: its columns, and the names of the fields that the event was read from."""
    return f"{json.dumps([verdict, score, *names])} ".encode("ascii")


def proof_suffix(names: Sequence[str]) -> str:
    """Return what follows the tag in a proof: the fields of text and entity; nothing for an event that is `_raw`."""
    return "" if tuple(names) == _DEFAULT else " " + json.dumps(list(names), ensure_ascii=False, separators=(",", ":"))


def names_of(proof: str) -> Optional[tuple[str, ...]]:
    """Return the fields that a proof names: that of the text, then those of the entity; None where it is malformed."""
    text = proof.partition(" ")[2]
    if not text:
        return _DEFAULT
    try:
        names = json.loads(text)
    except (ValueError, RecursionError):
        return None
    is_valid = isinstance(names, list) and bool(names) and all(isinstance(name, str) for name in names)
    return tuple(names) if is_valid else None
