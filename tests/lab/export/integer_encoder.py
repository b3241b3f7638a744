"""A second implementation of the exported encoder: sums of 64-bit integers, all else single float32 operations."""

from __future__ import annotations

import numpy as np

F = np.float32


def encode(shape, pad, weights, ids, fields):
    """Return (events, width) float32 of the encoder as `onnx_graph` exports it."""
    mask = (ids != pad).astype(F)[:, :, None]
    tokens = _table(weights["tokens.weight"], ids)
    x = (tokens + _table(weights["fields.weight"], fields)) + weights["positions.weight"][: ids.shape[1]]
    for layer in range(shape.layers):
        x = _block(f"blocks.{layer}", x, mask, shape, weights)
    rows, _ = _quantised(x, 127.0)
    states = rows / _rms(rows) * weights["norm.weight"]
    levels, step = _quantised(states * mask, 32767.0, axis=1)
    mean = (_sum(levels, 1) * step / _sum(mask, 1))[:, 0]
    if not shape.outputs:
        return mean
    rows, step = _quantised(mean, 127.0)
    return _product(rows, weights["outlet.weight"].T) * step + weights["outlet.bias"]


def _block(name, x, mask, shape, weights):
    x = x + _attention(name, x, mask, shape, weights)
    inner = np.maximum(_normed(f"{name}.up", f"{name}.norm_inner", x, weights), F(0))
    rows, step = _quantised(inner, 254.0)
    down = _product(rows, weights[f"{name}.down.weight"].T) * step
    return x + (down + weights[f"{name}.down.bias"])


def _attention(name, x, mask, shape, weights):
    events, tokens, width = x.shape
    size = width // shape.heads
    qkv = _normed(f"{name}.qkv", f"{name}.norm_attention", x, weights).reshape(events, tokens, 3, shape.heads, size)
    q, k, v = qkv.transpose(2, 0, 3, 1, 4)
    (q, q_step), (k, k_step) = _quantised(q, 127.0), _quantised(k, 127.0)
    product = _matmul(q, k.transpose(0, 1, 3, 2))
    scores = product * (q_step * F(size**-0.5)) * k_step.transpose(0, 1, 3, 2)
    scores = scores + np.where(mask[:, None, None, :, 0] > 0, F(0), F(-1e9))
    weight = np.maximum((scores - scores.max(-1, keepdims=True)) * F(1 / 32) + F(1), F(0))
    for _ in range(5):
        weight = weight * weight
    weight = np.rint(weight * F(255))
    levels, step = _quantised(v * mask[:, None], 127.0, axis=2)
    mixed = _matmul(weight, levels) * step / _sum(weight, -1)
    rows, step = _quantised(mixed.transpose(0, 2, 1, 3).reshape(x.shape), 127.0)
    return _product(rows, weights[f"{name}.out.weight"].T) * step + weights[f"{name}.out.bias"]


def _normed(name, norm, x, weights):
    rows, _ = _quantised(x, 127.0)
    weight = weights[f"{name}.weight"].T * weights[f"{norm}.weight"][:, None]
    return _product(rows, weight) / _rms(rows) + weights[f"{name}.bias"]


def _product(rows, weight):
    scale = (np.maximum(np.abs(weight).max(axis=0), 1e-8) / 63.0).astype(F)
    return _matmul(rows, np.rint(weight / scale)) * scale


def _rms(rows):
    return np.sqrt(np.maximum(_sum(rows * rows, -1), F(1)) / F(rows.shape[-1]))


def _quantised(x, levels, axis=-1):
    step = np.maximum(np.abs(x).max(axis=axis, keepdims=True), F(1e-8)) / F(levels)
    return np.rint(x / step), step


def _table(table, index):
    scale = (np.maximum(np.abs(table).max(axis=1, keepdims=True), 1e-8) / 127.0).astype(F)
    return np.rint(table / scale)[index] * scale[index]


def _matmul(a, b):
    return (a.astype(np.int64) @ b.astype(np.int64)).astype(F)


def _sum(a, axis):
    return a.astype(np.int64).sum(axis=axis, keepdims=True).astype(F)
