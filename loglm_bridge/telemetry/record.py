"""The two forms of an event on its way to the model: a record (the parsed event) and the canonical event."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import NamedTuple

#: (name, value), both text.
Field = tuple[str, str]


class EventType(NamedTuple):
    """What decides how a field is canonicalised: the format, the log family, and the kind within the family."""

    format: str
    family: str
    kind: str


@dataclass(frozen=True, slots=True)
class Record:
    """A parsed event: ordered (name, value) pairs as the log wrote them, values as text.

    `format` is how the text was written (windows_xml, json, zeek_tsv, cef, syslog, ...), `family` which product or
    system logged it (windows, zeek, aws, linux, web, flow, ...), `kind` the event's type within the family (sysmon:1,
    conn, ...; may be empty). `status` is ok, empty (no content) or unparsed (unreadable; kept as free text).
    """

    format: str
    family: str
    kind: str
    fields: tuple[Field, ...]
    truncated: bool = False
    status: str = "ok"

    @property
    def event_type(self) -> EventType:
        """Return format, family and kind."""
        return EventType(self.format, self.family, self.kind)


class ColumnarRecord(NamedTuple):
    """A record as two columns. Many events share `event_type` and `names`, so that only `values` differ."""

    event_type: EventType
    names: tuple[str, ...]
    values: tuple[str, ...]
    truncated: bool = False
    status: str = "ok"

    @classmethod
    def from_record(cls, record: Record) -> ColumnarRecord:
        """Return a record's columns."""
        names, values = zip(*record.fields, strict=True) if record.fields else ((), ())
        return cls(record.event_type, names, values, record.truncated, record.status)

    def to_record(self) -> Record:
        """Return the record that has these columns."""
        fields = tuple(zip(self.names, self.values, strict=True))
        return Record(*self.event_type, fields, self.truncated, self.status)


@dataclass(frozen=True, slots=True)
class CanonicalEvent:
    """An event without identity: what the model sees. Equal canonical events get equal verdicts.

    `rules` are the indices of the detection rules that match (empty until the rule matcher has run); they may depend
    on values that `fields` leave out. `rule_fields` are what rules are matched against besides the fields: the values
    as logged, in lower case, under their canonical names. They are not part of the event's identity.
    """

    family: str
    kind: str
    fields: tuple[Field, ...]
    rules: tuple[int, ...] = ()
    rule_fields: tuple[Field, ...] = field(default=(), compare=False, repr=False)

    def text(self) -> str:
        """Return the readable form: one line `family kind | name=value | ...`."""
        return " | ".join((f"{self.family} {self.kind}".strip(), *(f"{name}={value}" for name, value in self.fields)))

    @property
    def key(self) -> bytes:
        """Return a hash of 16 bytes that identifies this canonical event in caches."""
        parts = (self.family, self.kind, *(part for pair in self.fields for part in pair), *map(str, self.rules))
        return blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).digest()

    def without_field(self, index: int) -> CanonicalEvent:
        """Return the event without the field at `index`, its rules not matched yet."""
        name = self.fields[index][0]
        rule_fields = tuple(pair for pair in self.rule_fields if pair[0] != name)
        return replace(self, fields=self.fields[:index] + self.fields[index + 1 :], rules=(), rule_fields=rule_fields)
