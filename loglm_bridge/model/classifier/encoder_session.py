"""Inference of the event encoder: token ids in, one vector per event out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
import onnxruntime as ort

from loglm_bridge.contract.errors import ModelFailed, ModelRefused
from loglm_bridge.model.features.tokenizer import Encoded

#: Lengths are padded to a multiple of this. An event's padded length depends on the event alone, so its arithmetic is
#: the same in every batch.
LENGTH_STEP = 16

#: Maximum padded tokens of one run; bounds memory and keeps the activations in the processor's cache.
TOKEN_BUDGET = 2048

_INPUTS = {"ids": "tensor(int64)", "fields": "tensor(int64)"}


def load_session(model: bytes, threads: int, name: str) -> ort.InferenceSession:
    """Load an ONNX file, called `name` in errors. Raises ModelRefused where the runtime cannot load it."""
    options = ort.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 3
    # fused kernels round differently on other instruction sets; basic optimisation fuses no arithmetic
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
    try:
        return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise ModelRefused(f"{name}: the runtime cannot load it") from error


class EventSession:
    """Runs `event.onnx`, each call on `threads` threads. Thread-safe."""

    def __init__(self, model: bytes, pad: int, threads: int = 1) -> None:
        self._session = load_session(model, threads, "event.onnx")
        inputs = {i.name: i.type for i in self._session.get_inputs()}
        outputs = self._session.get_outputs()
        if inputs != _INPUTS or [o.name for o in outputs] != ["vector"] or not isinstance(outputs[0].shape[1], int):
            raise ModelRefused(f"event.onnx: wrong inputs or outputs {inputs}")
        self.width: int = outputs[0].shape[1]
        self._pad = pad

    def encode(self, events: Sequence[Encoded]) -> np.ndarray:
        """Return vectors (events, width) float32; an event's vector does not depend on the other events.

        Raises:
            ModelFailed: the runtime failed or a number is not finite.
        """
        vectors = np.empty((len(events), self.width), dtype=np.float32)
        for rows, length in _batches(events):
            ids = np.full((len(rows), length), self._pad, dtype=np.int64)
            fields = np.full((len(rows), length), self._pad, dtype=np.int64)
            for i, row in enumerate(rows):
                event = events[row]
                ids[i, : len(event.ids)], fields[i, : len(event.ids)] = event.ids, event.fields
            vectors[rows] = self._run(ids, fields)
        if not np.isfinite(vectors).all():
            raise ModelFailed("the encoder returned numbers that are not finite")
        return vectors

    def _run(self, ids: np.ndarray, fields: np.ndarray) -> np.ndarray:
        try:
            (vectors,) = self._session.run(None, {"ids": ids, "fields": fields})
        except Exception as error:
            raise ModelFailed("the encoder failed") from error
        result: np.ndarray = vectors
        return result


def _batches(events: Sequence[Encoded]) -> Iterator[tuple[list[int], int]]:
    """Yield indices of events with the same padded length, and this length."""
    by_length: dict[int, list[int]] = defaultdict(list)
    for row, event in enumerate(events):
        by_length[-(-len(event.ids) // LENGTH_STEP) * LENGTH_STEP].append(row)
    for length, rows in sorted(by_length.items()):
        size = max(1, TOKEN_BUDGET // length)
        for start in range(0, len(rows), size):
            yield rows[start : start + size], length
