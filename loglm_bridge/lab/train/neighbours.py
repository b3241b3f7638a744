"""The most specific events of the training recordings, as a model folder holds them: vectors, ids, techniques."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from hashlib import sha256

import numpy as np

from loglm_bridge.lab.data.corpus import CorpusEvent
from loglm_bridge.lab.data.labels import RECORDING_SOURCES, has_attack_hit
from loglm_bridge.lab.train.features import Features
from loglm_bridge.lab.weak_labels.knowledge_examples import KnowledgeExample
from loglm_bridge.model.classifier.exact_matmul import quantise_rows
from loglm_bridge.model.classifier.neighbours import Neighbours, Recording

#: Limit of the events of one recording.
MAX_EVENTS = 3

#: Hexadecimal digits of the id of a recording.
_DIGITS = 12


def collect(events: Sequence[CorpusEvent], features: Features) -> Neighbours:
    """Return the most specific events of each recording with a technique; `features` are those of the whole corpus."""
    by_recording = most_specific(events)
    rows = [event.canonical for own in by_recording.values() for event in own]
    owners = np.repeat(np.arange(len(by_recording), dtype=np.int32), [len(own) for own in by_recording.values()])
    vectors, _ = quantise_rows(features.vectors[np.array(rows, dtype=np.int64)])
    recordings = [Recording(recording_id(*name), own[0].techniques) for name, own in by_recording.items()]
    return Neighbours(vectors.astype(np.int8), owners, recordings)


def with_knowledge(
    neighbours: Neighbours, examples: Sequence[KnowledgeExample], features: Features, titles: Mapping[str, str]
) -> Neighbours:
    """Return the neighbours with the first example of each attack rule; `features` are those of the examples."""
    first = {
        one.rule: row for row, one in reversed(list(enumerate(examples))) if one.techniques and not one.event.rules
    }
    known = sorted(name for name in first if name in titles)
    vectors, _ = quantise_rows(features.vectors[np.array([first[name] for name in known], dtype=np.int64)])
    rules = [Recording(name, examples[first[name]].techniques, titles[name]) for name in known]
    count = len(neighbours.recordings)
    owners = np.arange(count, count + len(rules), dtype=np.int32)
    return Neighbours(
        np.concatenate([neighbours.vectors, vectors.astype(np.int8)]),
        np.concatenate([neighbours.owners, owners]),
        [*neighbours.recordings, *rules],
    )


def most_specific(events: Sequence[CorpusEvent]) -> dict[tuple[str, str], list[CorpusEvent]]:
    """Return up to MAX_EVENTS distinct events of each recording with a technique, recordings in order of name.

    First come events that a rule of level medium or above hits, then those that the fewest recordings share.
    """
    distinct: dict[tuple[str, str], dict[int, CorpusEvent]] = defaultdict(dict)
    recordings: dict[int, set[tuple[str, str]]] = defaultdict(set)
    for event in events:
        if event.source in RECORDING_SOURCES and event.techniques:
            distinct[event.source, event.group].setdefault(event.canonical, event)
            recordings[event.canonical].add((event.source, event.group))

    def rank(event: CorpusEvent) -> tuple[bool, int, int]:
        return not has_attack_hit(event.hits), len(recordings[event.canonical]), event.canonical

    return {name: sorted(distinct[name].values(), key=rank)[:MAX_EVENTS] for name in sorted(distinct)}


def recording_id(source: str, group: str) -> str:
    """Return the id of a recording: its source, and the first digits of sha256("source/group")."""
    return f"{source}/{sha256(f'{source}/{group}'.encode()).hexdigest()[:_DIGITS]}"
