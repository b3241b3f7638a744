"""Fast path from records to canonical events: each distinct event is composed once, then found by its field values.

Reference implementation: `canonicaliser.canonicalise` and the rule matcher's `mark`; this module gives the same
canonical events (tests/telemetry/fastpath/test_canonical_cache.py).

Each field is looked up on its own. What the model can see of a value (its canonical field and the atoms of rules that
match it) is a `FieldValue`, and values that give the same share one object. Events of one type with the same names and
the same FieldValues share one `CanonicalForm`. A form depends on its FieldValues only, so a lookup is exact. Fields
that are dropped by name and used by no rule (times, ids) are not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from operator import itemgetter
from typing import Any, Protocol

from loglm_bridge.telemetry import canonicaliser
from loglm_bridge.telemetry.byte_cache import size_of
from loglm_bridge.telemetry.canonical import field_names, host_names
from loglm_bridge.telemetry.derived import PREFIX, EventDeriver, derives, of_value
from loglm_bridge.telemetry.fastpath.field_columns import VALUE_BYTES, ClassKeyed, Column, Content, FieldValue
from loglm_bridge.telemetry.record import CanonicalEvent, ColumnarRecord, EventType, Field

#: The field whose logged values select the rules that are tried.
CHANNEL = "channel"

#: The name under which rules look into every value as logged.
ANY_LOGGED = "*logged"

#: Bytes that the whole cache may take, estimated from its texts and Python's overhead.
MAX_BYTES = 64 * 1024 * 1024

#: Estimated bytes of a form and a layout beside their texts (measured).
_FORM_BYTES, _LAYOUT_BYTES = 3_500, 20_000


class Rules(Protocol):
    """The detection rules that canonical events are matched with: model/features/rule_matcher.py."""

    def uses_field(self, name: str) -> bool:
        """Return whether some pattern is matched against fields of a name."""

    def exact_lengths(self, name: str) -> frozenset[int] | None:
        """Return the lengths (bytes) of the values that patterns compare as a whole; None: patterns match parts."""

    def matching_atoms(self, name: str, value: str) -> tuple[int, ...]:
        """Return the atoms that match a value of a field."""

    def matching_rules(self, event: CanonicalEvent, atoms: set[int], channels: Iterable[str]) -> list[int]:
        """Return the indices of the matching rules that look into no text, ascending; complete `atoms`."""

    def text_context(self, event: CanonicalEvent, atoms: set[int], channels: Iterable[str]) -> Any:
        """Return what `text_rules` needs of an event besides its texts."""

    def text_rules(self, context: Any, texts: Sequence[str]) -> tuple[int, ...]:
        """Return the indices of the matching rules that look into texts, ascending."""


#: What a form depends on: its FieldValues, and the atoms of the fields that are derived from several fields.
_Key = tuple[tuple["FieldValue", ...], tuple[int, ...]]

#: Forms of one form that are kept for the rules that match texts.
_MAX_VARIANTS = 64


class CanonicalForm:
    """A canonical event with matched rules and its key.

    `values_text` are the values before host names were masked. `text_context` and `text_rules` are what its fields
    contribute to rules that look into texts, and which of these match without any text. `outcome` is for the caller:
    the result of classifying the event, None until it is set.
    """

    __slots__ = ("_masked", "_variants", "canonical", "key", "outcome", "text_context", "text_rules", "values_text")

    def __init__(
        self, canonical: CanonicalEvent, values_text: str, text_context: Any = None, text_rules: tuple[int, ...] = ()
    ) -> None:
        self.canonical, self.values_text = canonical, values_text
        self.text_context, self.text_rules = text_context, text_rules
        self.key = canonical.key
        self.outcome: Any = None
        self._masked: dict[tuple[str, ...], CanonicalForm] | None = None
        self._variants: dict[tuple[int, ...], CanonicalForm] | None = None

    def with_text_rules(self, rules: tuple[int, ...], reserve: Callable[[int], None]) -> CanonicalForm:
        """Return the form of an event whose texts match `rules` instead; `reserve` is told the bytes of a new one."""
        if rules == self.text_rules:
            return self
        if self._variants is None or len(self._variants) >= _MAX_VARIANTS:
            self._variants = {}
        form = self._variants.get(rules)
        if form is None:
            reserve(_FORM_BYTES)
            others = set(self.canonical.rules).difference(self.text_rules)
            canonical = replace(self.canonical, rules=tuple(sorted({*others, *rules})))
            form = self._variants[rules] = CanonicalForm(canonical, self.values_text)
        return form

    def with_host_masked(self, own_names: tuple[str, ...], compose: Callable[[], CanonicalForm]) -> CanonicalForm:
        """Return the form with the host's `own_names` as {host}; `compose` is called for new names only."""
        if self._masked is None:
            self._masked = {}
        form = self._masked.get(own_names)
        if form is None:
            form = self._masked[own_names] = compose()
        return form


class CanonicalCache:
    """Finds the canonical form of a record. Thread-safe: threads that compose the same form compose equal ones.

    `bytes_held` is the estimated size of the cache, `misses` the number of forms composed so far.
    """

    def __init__(self, rules: Rules, max_bytes: int = MAX_BYTES) -> None:
        self._rules, self._max_bytes = rules, max_bytes
        self._layouts: dict[tuple[EventType, tuple[str, ...]], _Layout] = {}
        self._field_values: dict[Content, FieldValue] = {}
        self._derived: dict[tuple[Field, ...], tuple[int, ...]] = {}
        self.bytes_held = 0
        self.misses = 0

    def find(self, record: ColumnarRecord, host: str, text: str = "") -> CanonicalForm:
        """Return the form of a record whose event came with the hint `host` and is, where it is a line, `text`."""
        layout = self._layouts.get((record.event_type, record.names)) or self._layout(record.event_type, record.names)
        values = record.values
        cells = tuple([column[value] for column, value in zip(layout.columns, layout.select(values), strict=True)])
        key = (cells, self._derived_atoms(layout.deriver(values)) if layout.deriver is not None else ())
        form = layout.forms.get(key) or self._form(layout, key)
        hint = host if layout.uses_host_hint else ""
        logged = [values[i][: host_names.MAX_NAME] for i in layout.host_indices]
        own_names = host_names.spellings((*logged, hint[: host_names.MAX_NAME]))
        if own_names and any(name in form.values_text for name in own_names):
            form = form.with_host_masked(own_names, lambda: self._compose(layout, key, own_names))
        if layout.structured and not layout.text_indices:
            return form
        rules = self._rules.text_rules(form.text_context, layout.texts(values, text))
        return form.with_text_rules(rules, self._reserve)

    def _derived_atoms(self, derived: tuple[Field, ...]) -> tuple[int, ...]:
        atoms = self._derived.get(derived)
        if atoms is None:
            found = {a for name, value in derived for a in self._rules.matching_atoms(PREFIX + name, value)}
            self._reserve(VALUE_BYTES + sum(size_of(value) for _, value in derived))
            atoms = self._derived[derived] = tuple(sorted(found))
        return atoms

    def clear(self) -> None:
        """Remove all entries."""
        self._layouts, self._field_values, self._derived, self.bytes_held = {}, {}, {}, 0

    def _reserve(self, size: int) -> None:
        """Account for an entry about to be added; beyond the limit the cache is cleared first."""
        if self.bytes_held + size > self._max_bytes:
            self.clear()
        self.bytes_held += size

    def _layout(self, event_type: EventType, names: tuple[str, ...]) -> _Layout:
        self._reserve(_LAYOUT_BYTES + size_of(names))
        layout = _Layout(event_type, names, self._columns(event_type, names))
        return self._layouts.setdefault((event_type, names), layout)

    def _columns(self, event_type: EventType, names: Sequence[str]) -> dict[int, Column | ClassKeyed]:
        """Return a column for each field that matters, by the field's index."""
        columns: dict[int, Column | ClassKeyed] = {}
        for index, name in enumerate(names[: canonicaliser.MAX_RECORD_FIELDS]):
            column = self._column(event_type, name)
            if column is not None:
                columns[index] = column
        return columns

    def _column(self, event_type: EventType, name: str) -> Column | ClassKeyed | None:
        mapping = field_names.resolve(event_type.family, event_type.kind, name)
        rule_names = canonicaliser.rule_field_names(event_type, name)
        lengths = self._exact_lengths(name, rule_names)
        if mapping is None and lengths == frozenset() and not canonicaliser.determines_account(event_type, name):
            return None
        content = partial(self._content, event_type, name, rule_names)
        if lengths is None or not canonicaliser.has_few_values(event_type, name):
            return Column(content, self._intern, self._reserve)
        class_of = partial(canonicaliser.canonical_value, event_type, name)
        return ClassKeyed(class_of, lengths, content, self._intern)

    def _exact_lengths(self, name: str, rule_names: Sequence[str]) -> frozenset[int] | None:
        """Return the lengths of values that rules compare as a whole; None where parts of a value matter."""
        if CHANNEL in rule_names or self._rules.uses_field(ANY_LOGGED) or derives(name.lower()):
            return None
        lengths = [self._rules.exact_lengths(rule_name) for rule_name in rule_names]
        return None if None in lengths else frozenset().union(*[one for one in lengths if one is not None])

    def _content(self, event_type: EventType, name: str, rule_names: Sequence[str], value: str) -> Content:
        lower = canonicaliser.rule_field_value(value)
        pairs = [(rule_name, lower) for rule_name in (*rule_names, ANY_LOGGED) if rule_name != canonicaliser.MESSAGE]
        if canonicaliser.derives_alone(event_type, name):
            pairs += [(PREFIX + derived, text) for derived, text in of_value(name.lower(), value)]
        atoms = tuple(sorted({atom for pair in pairs for atom in self._rules.matching_atoms(*pair)}))
        field = canonicaliser.canonical_field(event_type, name, value)
        return field, atoms, lower if CHANNEL in rule_names else ""

    def _intern(self, content: Content) -> FieldValue:
        field_value = self._field_values.get(content)
        if field_value is None:
            self._reserve(VALUE_BYTES + size_of(content[0].name) + size_of(content[0].value) + size_of(content[1]))
            field_value = self._field_values.setdefault(content, FieldValue(*content))
        return field_value

    def _form(self, layout: _Layout, key: _Key) -> CanonicalForm:
        form = self._compose(layout, key, ())
        return layout.forms.setdefault(key, form)

    def _compose(self, layout: _Layout, key: _Key, own_names: tuple[str, ...]) -> CanonicalForm:
        fields = canonicaliser.compose(layout.event_type, [field_value.field for field_value in key[0]])
        values_text = "\x1f".join([value for _, value in fields])
        self._reserve(_FORM_BYTES + 4 * len(values_text))
        self.misses += 1
        masked = canonicaliser.mask_own_host(fields, own_names)
        event = CanonicalEvent(layout.event_type.family, layout.event_type.kind, masked)
        cells, derived = key
        atoms = {atom for atoms in (*[cell.atoms for cell in cells], derived) for atom in atoms}
        channels = [cell.channel for cell in cells if cell.channel]
        rules = self._rules.matching_rules(event, atoms, channels)
        context = self._rules.text_context(event, atoms, channels)
        text_rules = self._rules.text_rules(context, ())
        canonical = replace(event, rules=tuple(sorted({*rules, *text_rules})))
        return CanonicalForm(canonical, values_text, context, text_rules)


class _Layout:
    """How records of one event type and the same names are looked up."""

    def __init__(self, event_type: EventType, names: tuple[str, ...], columns: dict[int, Column | ClassKeyed]) -> None:
        self.event_type = event_type
        self.columns = list(columns.values())
        indices = list(columns)
        # with a single index itemgetter returns a value, not a tuple
        self.select = itemgetter(*indices) if len(indices) > 1 else lambda values: tuple([values[i] for i in indices])
        self.host_indices = host_names.host_field_indices(names)
        self.uses_host_hint = not host_names.is_service_log(event_type.format, event_type.family)
        self.deriver = EventDeriver.of(event_type, names)
        self.structured = event_type.format in canonicaliser.STRUCTURED_FORMATS
        self.text_indices = [
            index
            for index, name in enumerate(names[: canonicaliser.MAX_RECORD_FIELDS])
            if canonicaliser.MESSAGE in canonicaliser.rule_field_names(event_type, name)
        ]
        self.forms: dict[_Key, CanonicalForm] = {}

    def texts(self, values: Sequence[str], text: str) -> list[str]:
        """Return the texts of an event as rules see them: the whole line, or what a record calls its message."""
        own = [canonicaliser.rule_field_value(values[index]) for index in self.text_indices]
        if self.structured or not text:
            return own
        line = canonicaliser.rule_text(text)
        return [*(one for one in own if one not in line), line]
