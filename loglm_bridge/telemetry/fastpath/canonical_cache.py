"""Events to forms: canonical events marked with their rules, each composed once and then found by its fields.

Every field is looked up on its own: what the model can see of a value (telemetry's `Part`, the atoms of rules that the
value holds as the log wrote it) is a cell, and values that give the same are one cell. Events of one event_type, with the
same names and cells, are one form: a form is made of its cells and of nothing else, so finding it again is exact.
Times, ids and whatever else is dropped by name, and asked for by no rule, are not even looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Any, Protocol

from loglm_bridge.telemetry import canonicaliser as canonical
from loglm_bridge.telemetry.canonical import hosts, names
from loglm_bridge.telemetry.record import CanonicalEvent, ColumnarRecord, EventType, Field

#: The field whose values as logged decide which rules are looked at.
CHANNEL = "channel"

#: Bytes that all that is remembered may hold, by a count of its texts and of what Python needs beside them.
BUDGET = 64 * 1024 * 1024

#: Bytes of a remembered value, form and plan beside their texts; measured.
_VALUE, _FORM, _PLAN = 200, 3_500, 20_000

#: Cells of one field that are found by class, or by value.
_CLASSES = 512


class Rules(Protocol):
    """The detection rules that canonical events are marked with: model/features/rule_matcher.py."""

    def uses_field(self, name: str) -> bool:
        """Tell whether some pattern is matched against fields of a name."""

    def exact_lengths(self, name: str) -> frozenset[int] | None:
        """Return how many bytes a field's value has that some pattern compares as a whole; None: parts of it count."""

    def matching_atoms(self, name: str, value: str) -> tuple[int, ...]:
        """Return the atoms that a value of a field holds."""

    def matching_rules(self, event: CanonicalEvent, holding: set[int], channels: Iterable[str]) -> list[int]:
        """Return the numbers of the rules that hold, ascending."""


@dataclass(frozen=True, slots=True, eq=False)
class FieldValue:
    """What the model can see of a field: its part, the atoms that hold, and its value if that is a channel.

    Of equal ones there is only one, so that they are told apart by their identity, which costs nothing.
    """

    part: canonical.Part
    atoms: tuple[int, ...]
    channel: str


#: A cell's content: see Cell.
_Seen = tuple[canonical.Part, tuple[int, ...], str]


class CanonicalForm:
    """A marked canonical event with its key; `found` is the finder's own to note what it found out about it."""

    __slots__ = ("_others", "canonical", "found", "key", "text")

    def __init__(self, marked: CanonicalEvent, text: str) -> None:
        self.canonical, self.text = marked, text
        self.key = marked.key
        self.found: Any = None
        self._others: dict[tuple[str, ...], CanonicalForm] | None = None

    def under(self, own: tuple[str, ...], make: Callable[[], CanonicalForm]) -> CanonicalForm:
        """Return the form in which the host's `own` names are {host}; `make` makes it the first time."""
        if self._others is None:
            self._others = {}
        form = self._others.get(own)
        if form is None:
            form = self._others[own] = make()
        return form


class CanonicalCache:
    """Finds the form of an event. Thread-safe: what two threads make at once is equal.

    `held` are the bytes that what is remembered takes, `made` the forms that had to be made so far.
    """

    def __init__(self, rules: Rules, budget: int = BUDGET) -> None:
        self._rules, self._budget = rules, budget
        self._plans: dict[tuple[EventType, tuple[str, ...]], _Layout] = {}
        self._cells: dict[_Seen, FieldValue] = {}
        self.held = 0
        self.made = 0

    def find(self, event: ColumnarRecord, host: str) -> CanonicalForm:
        """Return the form of a parsed event that came with the hint `host`."""
        plan = self._plans.get((event.event_type, event.names)) or self._plan(event.event_type, event.names)
        values = event.values
        cells = tuple([column[value] for column, value in zip(plan.columns, plan.pick(values), strict=True)])
        form = plan.forms.get(cells) or self._form(plan, cells)
        own = hosts.spelt((*[values[i] for i in plan.hosts], host if plan.machine else ""))
        if own and any(name in form.text for name in own):
            return form.under(own, lambda: self._made(plan, cells, own))
        return form

    def clear(self) -> None:
        """Forget everything."""
        self._plans, self._cells, self.held = {}, {}, 0

    def _hold(self, size: int) -> None:
        """Count what is about to be remembered; beyond the budget all is forgotten first."""
        if self.held + size > self._budget:
            self.clear()
        self.held += size

    def _plan(self, event_type: EventType, fields: tuple[str, ...]) -> _Layout:
        self._hold(_PLAN + sum(map(len, fields)))
        plan = _Layout(event_type, fields, self._columns(event_type, fields))
        return self._plans.setdefault((event_type, fields), plan)

    def _columns(self, event_type: EventType, fields: Sequence[str]) -> dict[int, _Column | _ClassKeyed]:
        """Return the columns that matter by their place among the fields."""
        columns: dict[int, _Column | _ClassKeyed] = {}
        for place, name in enumerate(fields[: canonical.MAX_RAW]):
            rule = names.resolve(event_type.family, event_type.kind, name)
            plain = canonical.plain_name(event_type, name)
            asked = self._rules.uses_field(plain) or plain == CHANNEL
            if rule is None and not asked and not canonical.tells_account(event_type, name):
                continue
            see = partial(self._see, event_type, name, plain)
            lengths = self._rules.exact_lengths(plain)
            if lengths is None or plain == CHANNEL or not canonical.is_class(event_type, name):
                columns[place] = _Column(see, self._interned, self._hold)
            else:
                columns[place] = _ClassKeyed(
                    partial(canonical.class_of, event_type, name), lengths, see, self._interned
                )
        return columns

    def _see(self, event_type: EventType, name: str, plain: str, value: str) -> _Seen:
        lower = canonical.plain_value(value)
        atoms = self._rules.matching_atoms(plain, lower)
        return canonical.part(event_type, name, value), atoms, lower if plain == CHANNEL else ""

    def _interned(self, seen: _Seen) -> FieldValue:
        cell = self._cells.get(seen)
        if cell is None:
            self._hold(_VALUE)
            cell = self._cells.setdefault(seen, FieldValue(*seen))
        return cell

    def _form(self, plan: _Layout, cells: tuple[FieldValue, ...]) -> CanonicalForm:
        form = self._made(plan, cells, ())
        return plan.forms.setdefault(cells, form)

    def _made(self, plan: _Layout, cells: tuple[FieldValue, ...], own: tuple[str, ...]) -> CanonicalForm:
        fields = canonical.composed(plan.event_type, [cell.part for cell in cells])
        text = "\x1f".join([value for _, value in fields])
        self._hold(_FORM + 4 * len(text))
        self.made += 1
        return CanonicalForm(self._marked(plan.event_type, canonical.without_host(fields, own), cells), text)

    def _marked(self, event_type: EventType, fields: tuple[Field, ...], cells: Sequence[FieldValue]) -> CanonicalEvent:
        event = CanonicalEvent(event_type.family, event_type.kind, fields)
        holding = {atom for cell in cells for atom in cell.atoms}
        channels = [cell.channel for cell in cells if cell.channel]
        rules = self._rules.matching_rules(event, holding, channels)
        return CanonicalEvent(event_type.family, event_type.kind, fields, tuple(rules))


class _Column(dict[str, FieldValue]):
    """The cells of one field by their values."""

    def __init__(
        self, see: Callable[[str], _Seen], cell: Callable[[_Seen], FieldValue], hold: Callable[[int], None]
    ) -> None:
        super().__init__()
        self._see, self._cell, self._hold = see, cell, hold

    def __missing__(self, value: str) -> FieldValue:
        self._hold(_VALUE + 2 * len(value))
        cell = self[value] = self._cell(self._see(value))
        return cell


class _ClassKeyed:
    """A field whose values hardly repeat and become one of few classes: cells by class.

    Values of `lengths` in bytes may be what a rule compares them with as a whole: cells by value.
    """

    def __init__(
        self,
        read: Callable[[str], str],
        lengths: frozenset[int],
        see: Callable[[str], _Seen],
        cell: Callable[[_Seen], FieldValue],
    ) -> None:
        self._read, self._lengths, self._see, self._cell = read, lengths, see, cell
        self._by_class: dict[str, FieldValue] = {}
        self._by_value: dict[str, FieldValue] = {}

    def __getitem__(self, value: str) -> FieldValue:
        if len(value) in self._lengths or not value.isascii():
            cells, key = self._by_value, value
        else:
            cells, key = self._by_class, self._read(value)
        cell = cells.get(key)
        if cell is None:
            if len(cells) >= _CLASSES:
                cells.clear()
            cell = cells[key] = self._cell(self._see(value))
        return cell


class _Layout:
    """How events of one event_type and of the same names are looked up."""

    def __init__(
        self, event_type: EventType, fields: tuple[str, ...], columns: dict[int, _Column | _ClassKeyed]
    ) -> None:
        self.event_type = event_type
        self.columns = list(columns.values())
        places = list(columns)
        # with one place itemgetter returns a value, not a tuple
        self.pick = itemgetter(*places) if len(places) > 1 else lambda values: tuple([values[i] for i in places])
        self.hosts = hosts.places(fields)
        self.machine = not hosts.is_service(event_type.format, event_type.family)
        self.forms: dict[tuple[FieldValue, ...], CanonicalForm] = {}
