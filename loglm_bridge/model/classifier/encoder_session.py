"""The event encoder at work: token ids in, one vector an event out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
import onnxruntime as ort

from loglm_bridge.contract.errors import ModelFailed, ModelRefused
from loglm_bridge.model.features.tokenizer import Encoded
from loglm_bridge.model.gil_release import released

#: Lengths are rounded up to a multiple of this. An event's padded length depends on itself alone, so its arithmetic
#: is the same in every batch.
LENGTH_STEP = 16

#: Padded tokens of one run; bounds memory and keeps the activations near the cache.
TOKEN_BUDGET = 2048

_INPUTS = {"ids": "tensor(int64)", "fields": "tensor(int64)"}


def runtime(model: bytes, threads: int, name: str) -> ort.InferenceSession:
    """Load an ONNX file of the model folder, called `name` in errors. Raises ModelRefused where it cannot be loaded."""
    options = ort.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 3
    # Fused kernels round otherwise on other instruction sets; basic optimisation fuses no arithmetic.
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
    try:
        return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise ModelRefused(f"{name}: the runtime cannot load it") from error


class EventSession:
    """Runs `event.onnx`, each call on `threads` threads. Thread-safe."""

    def __init__(self, model: bytes, pad: int, threads: int = 1) -> None:
        self._session = runtime(model, threads, "event.onnx")
        found = {i.name: i.type for i in self._session.get_inputs()}
        outputs = self._session.get_outputs()
        if found != _INPUTS or [o.name for o in outputs] != ["vector"] or not isinstance(outputs[0].shape[1], int):
            raise ModelRefused(f"event.onnx: wrong inputs or outputs {found}")
        self.width: int = outputs[0].shape[1]
        self._pad = pad

    def encode(self, events: Sequence[Encoded]) -> np.ndarray:
        """Return (events, width) float32, row i for event i; an event's row does not depend on the others.

        Raises:
            ModelFailed: the runtime failed or a number is not finite.
        """
        out = np.empty((len(events), self.width), dtype=np.float32)
        for rows, length in _buckets(events):
            ids = np.full((len(rows), length), self._pad, dtype=np.int64)
            fields = np.full((len(rows), length), self._pad, dtype=np.int64)
            for i, row in enumerate(rows):
                event = events[row]
                ids[i, : len(event.ids)], fields[i, : len(event.ids)] = event.ids, event.fields
            out[rows] = self._run(ids, fields)
        if not np.isfinite(out).all():
            raise ModelFailed("the encoder returned numbers that are not finite")
        return out

    def _run(self, ids: np.ndarray, fields: np.ndarray) -> np.ndarray:
        try:
            with released():
                (vectors,) = self._session.run(None, {"ids": ids, "fields": fields})
        except Exception as error:
            raise ModelFailed("the encoder failed") from error
        result: np.ndarray = vectors
        return result


def _buckets(events: Sequence[Encoded]) -> Iterator[tuple[list[int], int]]:
    by_length: dict[int, list[int]] = defaultdict(list)
    for row, event in enumerate(events):
        by_length[-(-len(event.ids) // LENGTH_STEP) * LENGTH_STEP].append(row)
    for length, rows in sorted(by_length.items()):
        most = max(1, TOKEN_BUDGET // length)
        for start in range(0, len(rows), most):
            yield rows[start : start + most], length
