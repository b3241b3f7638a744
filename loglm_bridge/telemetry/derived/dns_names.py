"""What a DNS name looks like: `query_length`, `query_labels`, `query_label_max`, `query_entropy`, `query_tld`.

Entropy is Shannon's, in tenths of a bit a character, of the longest label; lengths are in characters.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

_QUERY = frozenset(
    """
    dns.query.rrname dns.question.name dns.rrname dnsquery domain hostname_query qname query query_name
    queryname question request.name rrname
    """.split()
)


#: Fields that are looked at whatever they hold.
NAMES = _QUERY


def of_value(name: str, value: str) -> Iterator[tuple[str, str]]:
    """Yield the shape of the name that an event asks for."""
    if name in _QUERY:
        query = value.strip().rstrip(".").lower()
        if "." in query and " " not in query and len(query) <= 512:
            yield from shape(query)


def shape(name: str) -> tuple[tuple[str, str], ...]:
    """Return the derived fields of a DNS name."""
    labels = name.split(".")
    longest = max(labels, key=len)
    return (
        ("query_length", str(len(name))),
        ("query_labels", str(len(labels))),
        ("query_label_max", str(len(longest))),
        ("query_entropy", str(round(10 * entropy(longest)))),
        ("query_tld", labels[-1]),
    )


def entropy(text: str) -> float:
    """Return Shannon's entropy of a text in bits a character."""
    counts = Counter(text)
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values()) if text else 0.0
