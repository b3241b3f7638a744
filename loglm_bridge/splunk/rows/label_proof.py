"""The proof that `| loglm` wrote a row's label for this very event: a keyed tag in the column `loglm_proof`.

Splunk extracts `name=value` from any log line, and turns `loglm-verdict` into `loglm_verdict`. So columns alone prove
nothing. The tag is an HMAC (RFC 2104) with SHA-256 under the sidecar's token, which the app knows and writers of log
lines do not. It covers the event (source, time and text), the field that the text came from, status, score and verdict.
The alert action believes a label that carries its proof, and labels all other rows anew.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Optional

from loglm_bridge.contract.event import Event

#: Hexadecimal digits of a proof: 96 bits. Whoever guesses needs a row in an alert for each guess.
_LENGTH = 24

#: Separates this use of the token from any other.
_DOMAIN = b"loglm label 1\0"

_BLOCK = 64
_INNER, _OUTER = bytes(byte ^ 0x36 for byte in range(256)), bytes(byte ^ 0x5C for byte in range(256))

#: The field of an event's text unless a search names another one; a proof names any other.
_RAW = "_raw"


class LabelProofs:
    """Makes and checks proofs under `token`. The keyed beginnings of both hashes are computed once: rows are many."""

    def __init__(self, token: str) -> None:
        key = token.encode("utf-8")
        key = (sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
        self._inner, self._outer = sha256(key.translate(_INNER) + _DOMAIN), sha256(key.translate(_OUTER))

    def proof(self, key: bytes, label: bytes) -> str:
        """Return the proof of a label (see `label_bytes`) for the event with this key (see `event_key`)."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(key + label)
        outer.update(inner.digest())
        return outer.hexdigest()[:_LENGTH]

    def check(self, text: str, event: Event, status: str, score: str, verdict: str) -> bool:
        """Return whether `text`, the value of a row's column, proves the label for the event."""
        from hmac import compare_digest  # only the alert action checks proofs

        proof, _, field = text.partition(" ")
        expected = self.proof(
            event_key(event.source, event.time, event.raw), label_bytes(field or _RAW, status, score, verdict)
        )
        return compare_digest(proof.encode("utf-8", "replace"), expected.encode("ascii"))


def event_key(source: str, time: Optional[float], raw: str) -> bytes:
    """Return a digest over all that identifies an event. Unlike Event.key it is computed for each row of a search."""
    # the length makes the text one-to-one, whatever a source contains
    text = f"{len(source)} {source} {'' if time is None else format(time, '.6f')} {raw}"
    return sha256(text.encode("utf-8", "surrogatepass")).digest()


def label_bytes(field: str, status: str, score: str, verdict: str) -> bytes:
    """Return what a proof covers of a label: values of columns, and the field whose text was labelled."""
    return "\0".join((status, score, verdict, field)).encode("utf-8", "surrogatepass")


def field_suffix(field: str) -> str:
    """Return what follows a proof in its column: nothing for `_raw`, else the name of the field."""
    return "" if field == _RAW else f" {field}"


def field_of(text: str) -> str:
    """Return the field that a proof names."""
    return text.partition(" ")[2] or _RAW
