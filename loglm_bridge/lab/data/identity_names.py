"""Names of accounts and hosts in telemetry: words that must not become pieces of a vocabulary that ships."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.canonical import field_names, host_names, placeholders
from loglm_bridge.telemetry.canonical.host import accounts
from loglm_bridge.telemetry.record import Record

#: Sources in which a name occurs from which on it is a word like others (`admin`, `server`, `default`).
COMMON = 4

_WORD = re.compile(r"[\w\-]+")
_LEAST = 4
_CLASSES = frozenset({placeholders.USER, placeholders.MACHINE})
#: How fields end that name an account and are read with others (a SID, a domain), not by themselves.
_ACCOUNTS = ("user", "username", "accountname", "logonname")
#: Fields of one record that are looked at, and characters of each.
_MAX_FIELDS, _MAX_VALUE = 256, 200


def words(record: Record, event: Event) -> Iterator[str]:
    """Yield the words, in lower case, of the names that an event's canonical form replaces by classes."""
    for name in host_names.host_names(record, event):
        yield from _words(name)
    for name, value in record.fields[:_MAX_FIELDS]:
        rule = field_names.resolve(record.family, record.kind, name)
        told = rule[1] == "account" if rule else name.lower().replace(" ", "").endswith(_ACCOUNTS)
        if told and accounts.account(value) in _CLASSES:
            yield from _words(value)


def rare(sources: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Return the names that fewer than COMMON sources show; `sources` maps each word to those that do."""
    return frozenset(word for word, shown in sources.items() if len(shown) < COMMON)


def _words(value: str) -> Iterator[str]:
    for word in _WORD.findall(value[:_MAX_VALUE].lower()):
        for part in {word, *re.split(r"[-_]", word)}:
            if len(part) >= _LEAST and not part.isdigit():
                yield part
