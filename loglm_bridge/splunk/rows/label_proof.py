"""The proof that `| loglm` wrote a row's label for this very event: a keyed tag in the column `loglm_proof`.

Splunk extracts `name=value` from any log line, and turns `loglm-verdict` into `loglm_verdict`. So columns alone prove
nothing. The tag is an HMAC (RFC 2104) with SHA-256 under the sidecar's token, which the app knows and writers of log
lines do not. It covers the event (source, time and text), the field that the text came from, score and verdict. Labels
that call for an analyst carry one. The alert action believes those, and labels all other rows anew.
"""

from __future__ import annotations

from hashlib import sha256

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

    def proof(self, event: Event, field: str, score: str, verdict: str) -> str:
        """Return the proof of a label: `score` and `verdict` as columns, `field` is where the event's text is from."""
        # lengths make the text one-to-one, whatever a source or a name contains
        time = "" if event.time is None else format(event.time, ".6f")
        head = f"{len(field)} {len(event.source)} {verdict} {score} {time} {field}{event.source}{event.raw}"
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(head.encode("utf-8", "surrogatepass"))
        outer.update(inner.digest())
        return outer.hexdigest()[:_LENGTH] + ("" if field == _RAW else f" {field}")

    def check(self, proof: str, event: Event, score: str, verdict: str) -> bool:
        """Return whether `proof`, the value of a row's column, proves the label for the event."""
        from hmac import compare_digest  # only the alert action checks proofs

        expected = self.proof(event, field_of(proof), score, verdict)
        return compare_digest(proof.encode("utf-8", "replace"), expected.encode("utf-8", "replace"))


def field_of(proof: str) -> str:
    """Return the field that a proof names."""
    return proof.partition(" ")[2] or _RAW
