"""Shortcuts for the tests of telemetry: text to records and canonical fields, bounded examples, linear time."""

from __future__ import annotations

import time
from collections.abc import Callable

from hypothesis import settings

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry import Record, parse_and_canonicalise, parse_record

#: Examples of a property, so that all properties together take seconds.
few_examples = settings(max_examples=40)

#: Characters of the texts on which linear time is checked, and the CPU seconds that one may take. A quadratic scan
#: takes tens of seconds, a linear one milliseconds.
_LENGTH, _MAX_SECONDS = 65_536, 2.0


def record(raw: str, **hints: str) -> Record:
    """Return the record of an event's text."""
    return parse_record(Event(raw, **hints))


def fields(raw: str, **hints: str) -> dict[str, str]:
    """Return the fields of an event's record."""
    return dict(record(raw, **hints).fields)


def canonical(raw: str, **hints: str) -> dict[str, str]:
    """Return the canonical fields of an event's text."""
    return dict(parse_and_canonicalise(Event(raw, **hints))[1].fields)


def subset(values: dict[str, str], names: dict[str, str]) -> dict[str, str | None]:
    """Return the values of the names that a test has expectations of."""
    return {name: values.get(name) for name in names}


def assert_linear(function: Callable[[str], object], unit: str, opening: str = "") -> None:
    """Check that a function takes time linear in the length of a text that repeats a unit."""
    text = (opening + unit * (_LENGTH // len(unit)))[:_LENGTH]
    start = time.process_time()
    function(text)
    seconds = time.process_time() - start
    assert seconds < _MAX_SECONDS, f"{opening!r} + {unit!r} * n took {seconds:.1f} s"
