"""How an event is read: format and family, each field and what becomes of it, tokens, derived fields, rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from loglm_bridge.contract.event import Event
from loglm_bridge.model.features.rule_matcher import RuleMatcher, load_rule_matcher
from loglm_bridge.model.features.tokenizer import MAX_TOKENS, EventTokenizer
from loglm_bridge.model.folder.model_folder import TOKENIZER, ModelFolder
from loglm_bridge.telemetry import canonicaliser, parse_record
from loglm_bridge.telemetry.canonical import field_names, host_names
from loglm_bridge.telemetry.canonical.value_types import NUMERIC_TYPES
from loglm_bridge.telemetry.derived import PREFIX
from loglm_bridge.telemetry.record import CanonicalEvent, Record

#: Fields of a record that an inspection lists; rules and canonical event rest on as many.
MAX_FIELDS = canonicaliser.MAX_RECORD_FIELDS


class FieldReading(NamedTuple):
    """One field of the record: `canonical` is the name it feeds, empty where it is dropped; `value` what is kept of it.

    `fate` says what became of it: kept, classed, dropped (identity, or nothing to say), merged (into a field that
    another one feeds too), over (beyond the fields of a canonical event).
    """

    name: str
    logged: str
    canonical: str
    value: str
    fate: str


@dataclass(frozen=True)
class Inspection:
    """The reading of one event. `tokens` of MAX_TOKENS are used; `cut` names canonical fields that find no room."""

    status: str
    truncated: bool
    record: Record
    canonical: CanonicalEvent
    fields: tuple[FieldReading, ...]
    derived: tuple[tuple[str, str], ...]
    tokens: int
    cut: tuple[str, ...]
    rules: tuple[Mapping[str, Any], ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object of `loglm inspect --json` and of POST /v1/inspect."""
        return {
            "status": self.status,
            "truncated": self.truncated,
            "format": self.record.format,
            "family": self.record.family,
            "kind": self.record.kind,
            "fields": [[name, value] for name, value in self.record.fields[:MAX_FIELDS]],
            "canonical": self.canonical.text(),
            "readings": [reading._asdict() for reading in self.fields],
            "derived": [list(pair) for pair in self.derived],
            "tokens": {"used": self.tokens, "limit": MAX_TOKENS, "cut": list(self.cut)},
            "rules": [dict(rule) for rule in self.rules],
        }


class Inspector:
    """Inspects events with the tokenizer and the rules of a model. Thread-safe."""

    def __init__(self, tokenizer: EventTokenizer, rules: RuleMatcher) -> None:
        self._tokenizer, self._rules = tokenizer, rules

    def inspect(self, event: Event) -> Inspection:
        """Return how an event is read, by the reference implementations. Never raises on any text."""
        record = parse_record(event)
        canonical = self._rules.mark(canonicaliser.canonicalise(record, event))
        encoded = self._tokenizer.encode(canonical)
        rules = [self._rules.rules[index] for index in canonical.rules]
        return Inspection(
            record.status,
            record.truncated,
            record,
            canonical,
            tuple(_readings(record, canonical, event)),
            tuple((n.removeprefix(PREFIX), v) for n, v in canonical.rule_fields if n.startswith(PREFIX)),
            len(encoded.ids),
            self._cut(canonical),
            tuple(rule.to_dict() for rule in rules),
        )

    def _cut(self, canonical: CanonicalEvent) -> tuple[str, ...]:
        """Return the names of the canonical fields that lie beyond MAX_TOKENS, at least in part."""
        if not self._tokenizer.encode(canonical).truncated:
            return ()
        return tuple(self._tokenizer.beyond(canonical))


def load_inspector(folder: Path) -> Inspector:
    """Return an inspector with the tokenizer and rules of a model folder. Raises ModelRefused."""
    model = ModelFolder.open(folder)
    return Inspector(EventTokenizer.load(model.path / TOKENIZER), load_rule_matcher(model))


def _readings(record: Record, canonical: CanonicalEvent, event: Event) -> list[FieldReading]:
    """Return what became of each field of a record."""
    kept = dict(canonical.fields)
    own_names = host_names.host_names(record, event)
    readings = []
    for name, value in record.fields[:MAX_FIELDS]:
        field = canonicaliser.canonical_field(record.event_type, name, value)
        readings.append(_reading(record, name, value, field, kept, own_names))
    return readings


def _reading(
    record: Record,
    name: str,
    logged: str,
    field: canonicaliser.CanonicalField,
    kept: Mapping[str, str],
    own_names: Sequence[str],
) -> FieldReading:
    if not field.name:
        return FieldReading(name, logged, "", "", "dropped")
    value = host_names.mask_host(field.value, tuple(own_names)) if own_names else field.value
    if field.name not in kept:
        return FieldReading(name, logged, field.name, value, "over")
    if value not in kept[field.name]:
        return FieldReading(name, logged, field.name, kept[field.name], "merged")
    mapping = field_names.resolve(record.family, record.kind, name)
    is_class = value.startswith("{") or (mapping is not None and mapping[1] in NUMERIC_TYPES)
    return FieldReading(name, logged, field.name, value, "classed" if is_class and value != logged else "kept")
