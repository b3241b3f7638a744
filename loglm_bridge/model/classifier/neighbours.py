"""The training recordings nearest to an event: an opaque id and their techniques, never their events."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from safetensors.numpy import load, save

from loglm_bridge.contract.errors import ModelRefused
from loglm_bridge.model.classifier.exact_matmul import quantise_rows
from loglm_bridge.model.folder import model_folder
from loglm_bridge.model.folder.model_folder import ModelFolder

#: Neighbours that an explanation names.
NEAREST = 3

#: Smallest product of vector lengths; avoids a division by zero.
_MIN_LENGTH = 1e-8


@dataclass(frozen=True)
class Recording:
    """An opaque id (`source/digest`) and the techniques that its author stated.

    A rule of the project's own has its name as id, and a title.
    """

    id: str
    techniques: tuple[str, ...]
    title: str = ""


@dataclass(frozen=True)
class Neighbours:
    """Representative events of recordings: `vectors` int8 (events, width), `owners` (events,) recording indices."""

    vectors: np.ndarray
    owners: np.ndarray
    recordings: Sequence[Recording]

    def nearest(self, vector: np.ndarray, count: int = NEAREST) -> list[dict[str, Any]]:
        """Return up to `count` recordings as `{"id", "title", "techniques", "similarity"}`, the nearest first.

        Rules alone have a title.

        Similarity is the cosine (-1..1) between the event's vector and the recording's nearest event.
        """
        if not len(self.owners):
            return []
        query, _ = quantise_rows(vector[None].astype(np.float32))
        rows = self.vectors.astype(np.float32)
        lengths = np.sqrt((rows * rows).sum(axis=1, dtype=np.float64)) * np.sqrt((query * query).sum(dtype=np.float64))
        cosine = (rows @ query[0]) / np.maximum(lengths, _MIN_LENGTH)
        best: dict[int, float] = {}
        for row in np.lexsort((self.owners, -cosine)).tolist():
            best.setdefault(int(self.owners[row]), float(cosine[row]))
            if len(best) == count:
                break
        nearest = ((self.recordings[owner], similarity) for owner, similarity in best.items())
        return [
            {
                "id": r.id,
                **({"title": r.title} if r.title else {}),
                "techniques": list(r.techniques),
                "similarity": round(s, 4),
            }
            for r, s in nearest
        ]

    def dump(self) -> tuple[bytes, str]:
        """Return the content of `neighbours.safetensors` and of `neighbours.json`."""
        arrays = {"vectors": np.ascontiguousarray(self.vectors), "owners": self.owners.astype(np.int32)}
        rows = [[r.id, r.techniques, *((r.title,) if r.title else ())] for r in self.recordings]
        return save(arrays), json.dumps({"recordings": rows}, separators=(",", ":")) + "\n"

    @classmethod
    def load(cls, tensors: bytes, names: Mapping[str, Any], width: int) -> Neighbours:
        """Read the output of `dump`. Raises ModelRefused where it is malformed or of another `width`."""
        try:
            arrays = load(tensors)
            recordings = [
                Recording(str(name), tuple(map(str, techniques)), *map(str, title))
                for name, techniques, *title in names["recordings"]
            ]
            vectors, owners = arrays["vectors"], arrays["owners"]
            fits = vectors.shape == (len(owners), width) and vectors.dtype == np.int8
            if not fits or (len(owners) and not 0 <= owners.min() <= owners.max() < len(recordings)):
                raise ValueError("the arrays do not fit together")
        except Exception as error:
            raise ModelRefused(f"neighbours: {error!r}") from error
        return cls(vectors, owners, recordings)


def no_neighbours(width: int) -> Neighbours:
    """Return no recordings, for vectors of `width`."""
    return Neighbours(np.zeros((0, width), np.int8), np.zeros(0, np.int32), [])


def load_neighbours(folder: ModelFolder, width: int) -> Neighbours:
    """Return the recordings of a model folder, none where it has no such file. Raises ModelRefused."""
    if model_folder.NEIGHBOURS not in folder.files:
        return no_neighbours(width)
    return Neighbours.load(folder.files[model_folder.NEIGHBOURS], folder.json(model_folder.NEIGHBOUR_NAMES), width)
