"""Evaluates a frozen representation with a linear probe, and with few-shot learning of techniques.

Run as `python -m loglm_bridge.lab.evaluate.linear_probe --run RUN`. To compare another encoder, `--texts FILE` writes
the canonical texts that it must encode, and `--vectors NAME=FILE.npy` reads its vectors.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize

from loglm_bridge.lab.data import corpus
from loglm_bridge.lab.data.corpus import Corpus
from loglm_bridge.lab.evaluate.curves import parent
from loglm_bridge.lab.train.neighbours import most_specific

#: Training recordings of a technique in few-shot learning.
SHOTS = (1, 5, 20)

#: Random choices of these recordings over which the figures are averaged.
_DRAWS = 10

Matrix: TypeAlias = np.ndarray | csr_matrix

#: A word of a canonical event.
_WORDS = r"[^\s\\/=|,;:\"']+"


@dataclass(frozen=True)
class Task:
    """Recordings: `rows[i]` are the most specific canonical events of recording i, `labels[i]` its parent techniques.

    `train` and `test` are indices of recordings; those of `test` are by other authors.
    """

    rows: Sequence[Sequence[int]]
    labels: Sequence[frozenset[str]]
    train: np.ndarray
    test: np.ndarray

    @property
    def events(self) -> list[int]:
        """The canonical events of all recordings, ascending."""
        return sorted({event for row in self.rows for event in row})


def task(events: Corpus) -> Task:
    """Return the training recordings, and the held-out recordings of sources without a training recording."""
    held_out = {(e.source, e.group) for e in events.events if e.held_out}
    trained = {e.source for e in events.events if not e.held_out}
    rows: list[list[int]] = []
    labels: list[frozenset[str]] = []
    train: list[int] = []
    test: list[int] = []
    for name, own in most_specific(events.events).items():
        part = train if name not in held_out else test if name[0] not in trained else None
        if part is not None:
            part.append(len(rows))
            rows.append([e.canonical for e in own])
            labels.append(frozenset(parent(t) for t in own[0].techniques))
    return Task(rows, labels, np.array(train), np.array(test))


def recordings(vectors: Matrix, probe: Task) -> Matrix:
    """Return a unit vector for each recording: the mean of the unit vectors of its events (rows of `vectors`)."""
    sizes = [len(row) for row in probe.rows]
    owners = np.repeat(np.arange(len(sizes)), sizes)
    members = csr_matrix((np.ones(len(owners)), (owners, np.concatenate(probe.rows))), (len(sizes), vectors.shape[0]))
    return normalize(members @ normalize(vectors))


def few_shot(x: Matrix, probe: Task, shots: int, seed: int = 0) -> tuple[float, float]:
    """Return (top 1, top 3) of the nearest mean of `shots` training recordings of a technique (Snell et al., 2017).

    Techniques with fewer training recordings are left out, and so are test recordings with these techniques alone. The
    figures are means over _DRAWS random choices.
    """
    pools = _pools(probe, shots)
    names = sorted(pools)
    test = [i for i in probe.test if probe.labels[i] & pools.keys()]
    rng = np.random.default_rng(seed)
    hits = []
    for _ in range(_DRAWS):
        means = [np.asarray(x[rng.choice(pools[n], shots, replace=False)].mean(axis=0)).ravel() for n in names]
        hits.append(_hits(np.asarray(x[test] @ normalize(np.stack(means)).T), names, [probe.labels[i] for i in test]))
    first, third = np.mean(hits, axis=0)
    return float(first), float(third)


def linear(x: Matrix, probe: Task) -> tuple[float, float]:
    """Return (top 1, top 3) on the test recordings of a logistic regression on all training recordings."""
    pairs = [(i, name) for i in probe.train for name in sorted(probe.labels[i])]
    weights = [1.0 / len(probe.labels[i]) for i, _ in pairs]
    model = LogisticRegression(C=30.0, max_iter=300).fit(x[[i for i, _ in pairs]], [n for _, n in pairs], weights)
    return _hits(model.predict_proba(x[probe.test]), list(model.classes_), [probe.labels[i] for i in probe.test])


def table(representations: Mapping[str, Matrix], probe: Task) -> str:
    """Return a Markdown table of the figures of the named representations, whose rows are canonical events."""
    head = [*(f"{k}-shot" for k in SHOTS), "linear probe"]
    lines = [f"| representation | {' | '.join(head)} |", "|---" * (len(head) + 1) + "|"]
    for name, vectors in representations.items():
        x = recordings(vectors, probe)
        figures = [*(few_shot(x, probe, k) for k in SHOTS), linear(x, probe)]
        lines.append(f"| {name} | {' | '.join(f'{a:.3f} / {b:.3f}' for a, b in figures)} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table for a run folder with computed features."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="a run folder after `loglm heads`")
    parser.add_argument("--texts", type=Path, help="write the canonical texts, JSON lines [number, text]")
    parser.add_argument("--vectors", action="append", default=[], metavar="NAME=FILE", help="vectors of those texts")
    args = parser.parse_args(arguments)
    events = corpus.load(args.run / "corpus")
    probe = task(events)
    texts = {i: events.canonicals[i].text() for i in probe.events}
    if args.texts:
        args.texts.write_text("".join(json.dumps([i, text]) + "\n" for i, text in texts.items()), encoding="utf-8")
    vectors = np.load(args.run / "features.npz")["vectors"]
    training = vectors[sorted({e.canonical for e in events.training()})]
    standard = (vectors - training.mean(axis=0)) / (training.std(axis=0) + 1e-6)
    representations: dict[str, Matrix] = {"LogLM": vectors, "LogLM, standardised": standard}
    vectorizer = TfidfVectorizer(token_pattern=_WORDS, sublinear_tf=True, min_df=2)
    words = vectorizer.fit_transform(texts.values())
    representations["TF-IDF"] = _expand(words, list(texts), len(events.canonicals))
    for name, _, file in (pair.partition("=") for pair in args.vectors):
        representations[name] = _expand(csr_matrix(np.load(file)), list(texts), len(events.canonicals))
    print(f"{len(probe.train)} training recordings, {len(probe.test)} of other authors")
    print(table(representations, probe))


def _expand(vectors: csr_matrix, rows: Sequence[int], total: int) -> csr_matrix:
    """Return a matrix of `total` rows with the vectors at `rows`, zeros elsewhere."""
    return csr_matrix((np.ones(len(rows)), (list(rows), np.arange(len(rows)))), (total, len(rows))) @ vectors


def _pools(probe: Task, minimum: int) -> dict[str, list[int]]:
    pools: dict[str, list[int]] = defaultdict(list)
    for i in probe.train:
        for name in probe.labels[i]:
            pools[name].append(i)
    counts = Counter({name: len(pool) for name, pool in pools.items()})
    return {name: pools[name] for name, count in counts.items() if count >= minimum}


def _hits(scores: np.ndarray, names: Sequence[str], truth: Sequence[frozenset[str]]) -> tuple[float, float]:
    order = np.argsort(-scores, axis=1, kind="stable")[:, :3]
    ranked = [[names[j] for j in row] for row in order]
    first = np.mean([row[0] in true for row, true in zip(ranked, truth, strict=True)])
    third = np.mean([bool(set(row) & true) for row, true in zip(ranked, truth, strict=True)])
    return float(first), float(third)


if __name__ == "__main__":
    main()
