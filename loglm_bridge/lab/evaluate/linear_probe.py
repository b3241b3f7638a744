"""What a frozen representation is worth: a linear probe, and techniques told from a few recordings each.

Run as `python -m loglm_bridge.lab.evaluate.linear_probe --run RUN`. To compare another encoder: `--texts FILE` writes
the canonical texts it must encode, `--vectors NAME=FILE.npy` reads the vectors it made.
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
from loglm_bridge.lab.train.neighbours import telling

#: Recordings of a technique that few-shot learning is shown.
SHOTS = (1, 5, 20)
_DRAWS = 10

Matrix: TypeAlias = np.ndarray | csr_matrix

#: What separates words in a canonical event.
_WORDS = r"[^\s\\/=|,;:\"']+"


@dataclass(frozen=True)
class Task:
    """Recordings as rows: `rows[i]` their telling canonical events, `labels[i]` their parent techniques.

    `train` and `test` are indices of recordings; those of `test` are other authors'.
    """

    rows: Sequence[Sequence[int]]
    labels: Sequence[frozenset[str]]
    train: np.ndarray
    test: np.ndarray

    @property
    def events(self) -> list[int]:
        """The canonical events that any recording tells by, ascending."""
        return sorted({event for row in self.rows for event in row})


def task(made: Corpus) -> Task:
    """Return the training recordings and the held-out ones of sources that no training recording has."""
    held_out = {(e.source, e.group) for e in made.events if e.held_out}
    trained = {e.source for e in made.events if not e.held_out}
    rows: list[list[int]] = []
    labels: list[frozenset[str]] = []
    train: list[int] = []
    test: list[int] = []
    for name, own in telling(made.events).items():
        place = train if name not in held_out else test if name[0] not in trained else None
        if place is not None:
            place.append(len(rows))
            rows.append([e.canonical for e in own])
            labels.append(frozenset(parent(t) for t in own[0].techniques))
    return Task(rows, labels, np.array(train), np.array(test))


def recordings(vectors: Matrix, asked: Task) -> Matrix:
    """Return one unit row for each recording: the mean of its events' unit vectors (rows of `vectors`)."""
    sizes = [len(row) for row in asked.rows]
    where = np.repeat(np.arange(len(sizes)), sizes)
    spread = csr_matrix((np.ones(len(where)), (where, np.concatenate(asked.rows))), (len(sizes), vectors.shape[0]))
    return normalize(spread @ normalize(vectors))


def few_shot(x: Matrix, asked: Task, shots: int, seed: int = 0) -> tuple[float, float]:
    """Return (top 1, top 3) on the test recordings of the nearest mean of `shots` training recordings a technique.

    Techniques with fewer training recordings are left out, and so are test recordings without one of the others; the
    mean over ten draws. Snell et al., 2017.
    """
    pools = _pools(asked, shots)
    names = sorted(pools)
    test = [i for i in asked.test if asked.labels[i] & pools.keys()]
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(_DRAWS):
        means = [np.asarray(x[rng.choice(pools[n], shots, replace=False)].mean(axis=0)).ravel() for n in names]
        found.append(_hits(np.asarray(x[test] @ normalize(np.stack(means)).T), names, [asked.labels[i] for i in test]))
    first, third = np.mean(found, axis=0)
    return float(first), float(third)


def linear(x: Matrix, asked: Task) -> tuple[float, float]:
    """Return (top 1, top 3) on the test recordings of a logistic regression on all training recordings."""
    pairs = [(i, name) for i in asked.train for name in sorted(asked.labels[i])]
    weights = [1.0 / len(asked.labels[i]) for i, _ in pairs]
    model = LogisticRegression(C=30.0, max_iter=300).fit(x[[i for i, _ in pairs]], [n for _, n in pairs], weights)
    return _hits(model.predict_proba(x[asked.test]), list(model.classes_), [asked.labels[i] for i in asked.test])


def table(representations: Mapping[str, Matrix], asked: Task) -> str:
    """Return a Markdown table of all figures of the named representations (rows are canonical events)."""
    head = [*(f"{k}-shot" for k in SHOTS), "linear probe"]
    lines = [f"| representation | {' | '.join(head)} |", "|---" * (len(head) + 1) + "|"]
    for name, vectors in representations.items():
        x = recordings(vectors, asked)
        figures = [*(few_shot(x, asked, k) for k in SHOTS), linear(x, asked)]
        lines.append(f"| {name} | {' | '.join(f'{a:.3f} / {b:.3f}' for a, b in figures)} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table for a run folder whose features are computed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="a run folder after `loglm heads`")
    parser.add_argument("--texts", type=Path, help="write the canonical texts, JSON lines [number, text]")
    parser.add_argument("--vectors", action="append", default=[], metavar="NAME=FILE", help="vectors of those texts")
    args = parser.parse_args(arguments)
    made = corpus.load(args.run / "corpus")
    asked = task(made)
    texts = {i: made.canonicals[i].text() for i in asked.events}
    if args.texts:
        args.texts.write_text("".join(json.dumps([i, text]) + "\n" for i, text in texts.items()), encoding="utf-8")
    vectors = np.load(args.run / "features.npz")["vectors"]
    shown = vectors[sorted({e.canonical for e in made.training()})]
    standard = (vectors - shown.mean(axis=0)) / (shown.std(axis=0) + 1e-6)
    representations: dict[str, Matrix] = {"LogLM": vectors, "LogLM, standardised": standard}
    weighing = TfidfVectorizer(token_pattern=_WORDS, sublinear_tf=True, min_df=2)
    words = weighing.fit_transform(texts.values())
    representations["TF-IDF"] = _placed(words, list(texts), len(made.canonicals))
    for name, _, file in (pair.partition("=") for pair in args.vectors):
        representations[name] = _placed(csr_matrix(np.load(file)), list(texts), len(made.canonicals))
    print(f"{len(asked.train)} training recordings, {len(asked.test)} of other authors")
    print(table(representations, asked))


def _placed(vectors: csr_matrix, rows: Sequence[int], total: int) -> csr_matrix:
    place = csr_matrix((np.ones(len(rows)), (list(rows), np.arange(len(rows)))), (total, len(rows)))
    return place @ vectors


def _pools(asked: Task, least: int) -> dict[str, list[int]]:
    pools: dict[str, list[int]] = defaultdict(list)
    for i in asked.train:
        for name in asked.labels[i]:
            pools[name].append(i)
    counts = Counter({name: len(pool) for name, pool in pools.items()})
    return {name: pools[name] for name, count in counts.items() if count >= least}


def _hits(scores: np.ndarray, names: Sequence[str], truth: Sequence[frozenset[str]]) -> tuple[float, float]:
    order = np.argsort(-scores, axis=1, kind="stable")[:, :3]
    ranked = [[names[j] for j in row] for row in order]
    first = np.mean([row[0] in true for row, true in zip(ranked, truth, strict=True)])
    third = np.mean([bool(set(row) & true) for row, true in zip(ranked, truth, strict=True)])
    return float(first), float(third)


if __name__ == "__main__":
    main()
