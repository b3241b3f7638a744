"""The two shapes of an event on its way to the model: as parsed, and as canonical fields."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import NamedTuple

Field = tuple[str, str]


class Head(NamedTuple):
    """What decides how a field is read: how the event was written, whose log it is, its kind within the family."""

    format: str
    family: str
    kind: str


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

    @property
    def head(self) -> Head:
        """Return what decides how the fields are read."""
        return Head(self.format, self.family, self.kind)


class Parsed(NamedTuple):
    """A record as two columns: many events share `head` and `names`, and only `values` are each one's own."""

    head: Head
    names: tuple[str, ...]
    values: tuple[str, ...]
    truncated: bool = False
    status: str = "ok"

    @classmethod
    def of(cls, record: Record) -> Parsed:
        """Return a record's columns."""
        names, values = zip(*record.fields, strict=True) if record.fields else ((), ())
        return cls(record.head, names, values, record.truncated, record.status)

    @property
    def record(self) -> Record:
        """Return the record of these columns."""
        return Record(*self.head, tuple(zip(self.names, self.values, strict=True)), self.truncated, self.status)


@dataclass(frozen=True, slots=True)
class Canonical:
    """An event without identity: what the model sees. Equal canonical events get equal verdicts.

    `rules` are the numbers of the detection rules that hold (none until a model marked the event); they may rest on
    what `fields` leave out. `plain` is what rules are matched against beside the fields: the values as the log wrote
    them, in lower case, under their canonical names. It is no part of the event's identity.
    """

    family: str
    kind: str
    fields: tuple[Field, ...]
    rules: tuple[int, ...] = ()
    plain: tuple[Field, ...] = field(default=(), compare=False, repr=False)

    def text(self) -> str:
        """Return the readable form: one line `family kind | name=value | ...`."""
        return " | ".join((f"{self.family} {self.kind}".strip(), *(f"{n}={v}" for n, v in self.fields)))

    @property
    def key(self) -> bytes:
        """Return 16 bytes that stand for this canonical event in caches."""
        parts = (self.family, self.kind, *(part for pair in self.fields for part in pair), *map(str, self.rules))
        return blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).digest()

    def without(self, place: int) -> Canonical:
        """Return the event without one of its fields, not yet marked with rules."""
        name = self.fields[place][0]
        plain = tuple(pair for pair in self.plain if pair[0] != name)
        return replace(self, fields=self.fields[:place] + self.fields[place + 1 :], rules=(), plain=plain)
