"""The telling events of the training recordings, as a model folder keeps them: vectors, opaque ids, techniques."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from hashlib import sha256

import numpy as np

from loglm_bridge.lab.data.corpus import CorpusEvent
from loglm_bridge.lab.train.features import Features
from loglm_bridge.lab.weak_labels.training_examples import RECORDED, TELLING
from loglm_bridge.model.classifier.exact_matmul import quantise_rows
from loglm_bridge.model.classifier.neighbours import Neighbours, Recording

#: Events kept of one recording.
EVENTS = 3

#: Hexadecimal digits of an opaque id.
_DIGITS = 12


def collect(events: Sequence[CorpusEvent], features: Features) -> Neighbours:
    """Return the telling events of each recording of a known technique; `features` are those of all canonical ones."""
    found = telling(events)
    rows = [event.canonical for own in found.values() for event in own]
    owners = np.repeat(np.arange(len(found), dtype=np.int32), [len(own) for own in found.values()])
    vectors, _ = quantise_rows(features.vectors[np.array(rows, dtype=np.int64)])
    recordings = [Recording(opaque(*name), own[0].techniques) for name, own in found.items()]
    return Neighbours(vectors.astype(np.int8), owners, recordings)


def telling(events: Sequence[CorpusEvent]) -> dict[tuple[str, str], list[CorpusEvent]]:
    """Return up to EVENTS distinct events of each recording of a known technique, recordings in order of name.

    First come events that a medium rule hits, then those that the fewest recordings share.
    """
    held: dict[tuple[str, str], dict[int, CorpusEvent]] = defaultdict(dict)
    shared: dict[int, set[tuple[str, str]]] = defaultdict(set)
    for event in events:
        if event.source in RECORDED and event.techniques:
            held[event.source, event.group].setdefault(event.canonical, event)
            shared[event.canonical].add((event.source, event.group))
    return {
        name: sorted(held[name].values(), key=lambda e: (not _ruled(e), len(shared[e.canonical]), e.canonical))[:EVENTS]
        for name in sorted(held)
    }


def opaque(source: str, group: str) -> str:
    """Return a recording's id: its source and the first digits of sha256("source/group")."""
    return f"{source}/{sha256(f'{source}/{group}'.encode()).hexdigest()[:_DIGITS]}"


def _ruled(event: CorpusEvent) -> bool:
    return any(level in TELLING for _, level, _ in event.hits)
