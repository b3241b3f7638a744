"""The two shapes of an event on its way to the model: as parsed, and as canonical fields."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

Field = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Record:
    """A parsed event: ordered (name, value) pairs as the log wrote them, values as text.

    `format` is how the text was written (windows_xml, json, zeek_tsv, cef, syslog, ...), `family` whose log it is
    (windows, zeek, aws, linux, web, flow, ...), `kind` the event's type within the family (sysmon:1, conn, ...; may
    be empty). `status` is ok, empty (nothing to read) or unparsed (nothing but free text could be made of it).
    """

    format: str
    family: str
    kind: str
    fields: tuple[Field, ...]
    truncated: bool = False
    status: str = "ok"


@dataclass(frozen=True, slots=True)
class Canonical:
    """An event without identity: what the tokenizer sees. Equal canonical events get equal verdicts."""

    family: str
    kind: str
    fields: tuple[Field, ...]

    def text(self) -> str:
        """Return the readable form: one line `family kind | name=value | ...`."""
        return " | ".join((f"{self.family} {self.kind}".strip(), *(f"{n}={v}" for n, v in self.fields)))

    @property
    def key(self) -> bytes:
        """Return 16 bytes that stand for this canonical event in caches."""
        parts = (self.family, self.kind, *(part for field in self.fields for part in field))
        return blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).digest()
