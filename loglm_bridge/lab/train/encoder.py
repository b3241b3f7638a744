"""The event encoder: a small pre-norm transformer over tokens and their fields.

It has root-mean-square norms (Zhang and Sennrich, 2019) and ReLU, since these can be computed with integers
(export/onnx_graph.py), which gives the same result on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True)
class EncoderShape:
    """Sizes of an encoder. `vocab` is the number of all ids; the first `control` of them are control tokens.

    `outputs` is the width of an event's vector if it differs from `width` (0: it does not).
    """

    vocab: int
    control: int
    max_tokens: int
    layers: int = 4
    width: int = 256
    heads: int = 4
    inner: int = 1024
    outputs: int = 0


class Block(nn.Module):
    """Self-attention and feed-forward layer, each with a norm before it and a residual connection."""

    def __init__(self, shape: EncoderShape, dropout: float) -> None:
        super().__init__()
        self.heads = shape.heads
        self.norm_attention = nn.RMSNorm(shape.width, eps=1e-6)
        self.qkv = nn.Linear(shape.width, 3 * shape.width)
        self.out = nn.Linear(shape.width, shape.width)
        self.norm_inner = nn.RMSNorm(shape.width, eps=1e-6)
        self.up = nn.Linear(shape.width, shape.inner)
        self.down = nn.Linear(shape.inner, shape.width)
        self.dropout = dropout

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """x: (batch, tokens, width); mask: (batch, 1, 1, tokens), 0 for a token and -1e9 for padding."""
        batch, tokens, width = x.shape
        qkv = self.qkv(self.norm_attention(x)).view(batch, tokens, 3, self.heads, width // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask.to(q.dtype))
        mixed = mixed.transpose(1, 2).reshape(batch, tokens, width)
        x = x + F.dropout(self.out(mixed), self.dropout, self.training)
        inner = self.down(F.relu(self.up(self.norm_inner(x))))
        return x + F.dropout(inner, self.dropout, self.training)


class EventEncoder(nn.Module):
    """(ids, fields) -> one vector for each token; `pool` returns one vector for each event."""

    def __init__(self, shape: EncoderShape, pad: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.shape, self.pad = shape, pad
        self.tokens = nn.Embedding(shape.vocab, shape.width)
        self.fields = nn.Embedding(shape.control, shape.width)
        self.positions = nn.Embedding(shape.max_tokens, shape.width)
        self.blocks = nn.ModuleList(Block(shape, dropout) for _ in range(shape.layers))
        self.norm = nn.RMSNorm(shape.width, eps=1e-6)
        self.outlet = nn.Linear(shape.width, shape.outputs) if shape.outputs else None
        for table in (self.tokens, self.fields, self.positions):
            nn.init.normal_(table.weight, std=0.02)

    def forward(self, ids: Tensor, fields: Tensor) -> Tensor:
        """ids, fields: (batch, tokens) int64, padded with `pad` -> (batch, tokens, width)."""
        mask = torch.where(ids == self.pad, -1e9, 0.0)[:, None, None, :]
        x = self.tokens(ids) + self.fields(fields) + self.positions.weight[: ids.shape[1]]
        for block in self.blocks:
            x = block(x, mask)
        out: Tensor = self.norm(x)
        return out

    def pool(self, ids: Tensor, states: Tensor) -> Tensor:
        """Mean over the tokens of each event, through the output layer if there is one -> (batch, width or outputs)."""
        mask = (ids != self.pad).unsqueeze(-1).to(states.dtype)
        mean = (states * mask).sum(1) / mask.sum(1).clamp(min=1.0)
        out: Tensor = mean if self.outlet is None else self.outlet(mean)
        return out


class MaskedPrediction(nn.Module):
    """Predicts masked tokens from the encoder's states; the output table is tied to the token embedding."""

    def __init__(self, encoder: EventEncoder) -> None:
        super().__init__()
        self.encoder = encoder
        self.dense = nn.Linear(encoder.shape.width, encoder.shape.width)
        self.norm = nn.LayerNorm(encoder.shape.width)
        self.bias = nn.Parameter(torch.zeros(encoder.shape.vocab))

    def forward(self, states: Tensor, where: Tensor) -> Tensor:
        """states: the encoder's; where: (masked, 2) rows of (event, position) -> logits (masked, vocab)."""
        hidden = self.norm(F.gelu(self.dense(states[where[:, 0], where[:, 1]])))
        return F.linear(hidden, self.encoder.tokens.weight, self.bias)
