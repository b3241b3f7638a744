"""Names of accounts and hosts in telemetry: words that must not enter the vocabulary of a shipped model."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.canonical import field_names, host_names, placeholders
from loglm_bridge.telemetry.canonical.host import accounts
from loglm_bridge.telemetry.record import Record

#: A name that so many sources show is a common word (`admin`, `server`, `default`).
COMMON_SOURCES = 4

_WORD = re.compile(r"[\w\-]+")

#: The least length of a word that can identify somebody.
_MIN_LENGTH = 4

#: The placeholders of accounts that are no well-known ones.
_IDENTITIES = frozenset({placeholders.USER, placeholders.MACHINE})

#: Suffixes of fields that name an account together with other fields (a SID, a domain).
_ACCOUNT_SUFFIXES = ("user", "username", "accountname", "logonname")

#: Limits of the fields of a record and of the characters of a value that are examined.
_MAX_FIELDS, _MAX_VALUE = 256, 200


def words(record: Record, event: Event) -> Iterator[str]:
    """Yield the words, in lower case, of the names that a canonical event replaces by placeholders."""
    for name in host_names.host_names(record, event):
        yield from _words(name)
    for name, value in record.fields[:_MAX_FIELDS]:
        rule = field_names.resolve(record.family, record.kind, name)
        is_account = rule[1] == "account" if rule else name.lower().replace(" ", "").endswith(_ACCOUNT_SUFFIXES)
        if is_account and accounts.account(value) in _IDENTITIES:
            yield from _words(value)


def rare(sources: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Return the words that fewer than COMMON_SOURCES sources show; `sources` maps each word to those that do."""
    return frozenset(word for word, showing in sources.items() if len(showing) < COMMON_SOURCES)


def _words(value: str) -> Iterator[str]:
    for word in _WORD.findall(value[:_MAX_VALUE].lower()):
        for part in {word, *re.split(r"[-_]", word)}:
            if len(part) >= _MIN_LENGTH and not part.isdigit():
                yield part
