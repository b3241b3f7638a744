"""Encoder vectors and grams of canonical events: the inputs of the heads, computed once and stored."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from loglm_bridge.model.classifier.encoder_session import EventSession
from loglm_bridge.model.features.ngrams import GRAM_BITS
from loglm_bridge.model.features.rule_matcher import RuleMatcher
from loglm_bridge.model.features.tokenizer import EventTokenizer
from loglm_bridge.telemetry.record import CanonicalEvent

#: Events that one thread encodes at a time.
_CHUNK = 2048


@dataclass(frozen=True)
class Features:
    """Inputs of a list of events: `vectors` (events, width) float32; `grams[i]` the gram buckets of event i.

    `buckets` is the number of all buckets: those of grams, then one for each compiled rule.
    """

    vectors: np.ndarray
    grams: Sequence[np.ndarray]
    buckets: int = 1 << GRAM_BITS

    def __len__(self) -> int:
        return len(self.grams)

    def take(self, rows: np.ndarray) -> Features:
        """Return the features of the chosen events."""
        return Features(self.vectors[rows], [self.grams[i] for i in rows], self.buckets)


def compute(
    events: Sequence[CanonicalEvent],
    tokenizer: EventTokenizer,
    encoder: bytes,
    rules: RuleMatcher,
    path: Path,
    threads: int = 2,
) -> Features:
    """Return the features of the events, as serving computes them, and store them in `path` (.npz).

    A file that exists is read instead.

    Raises:
        ValueError: the file holds another number of events, so it belongs to another corpus.
    """
    buckets = (1 << GRAM_BITS) + rules.count
    if path.exists():
        stored = np.load(path)
        if len(stored["vectors"]) != len(events):
            raise ValueError(f"{path} holds {len(stored['vectors'])} events, {len(events)} wanted: remove it")
        return Features(stored["vectors"], np.split(stored["grams"], stored["ends"][:-1]), buckets)
    session = EventSession(encoder, tokenizer.pad)

    def encode(start: int) -> tuple[np.ndarray, list[np.ndarray]]:
        chunk = events[start : start + _CHUNK]
        encoded = [tokenizer.encode(event) for event in chunk]
        keys = [one.ids.tobytes() + one.fields.tobytes() for one in encoded]
        distinct = dict(zip(keys, encoded, strict=True))  # two events may differ in their rules alone
        row_of = {key: row for row, key in enumerate(distinct)}
        vectors = session.encode(list(distinct.values()))[[row_of[key] for key in keys]]
        return vectors, rules.bags(chunk, encoded)

    with ThreadPoolExecutor(threads) as pool:
        parts = list(pool.map(encode, range(0, len(events), _CHUNK)))
    vectors = np.concatenate([vectors for vectors, _ in parts])
    grams = [bag for _, bags in parts for bag in bags]
    ends = np.cumsum([len(bag) for bag in grams])
    np.savez(path, vectors=vectors, grams=np.concatenate(grams), ends=ends)
    return Features(vectors, grams, buckets)
