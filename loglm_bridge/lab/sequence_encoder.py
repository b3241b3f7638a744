"""The sequence encoder: a small transformer over one entity's event vectors and what each step says beside them."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from loglm_bridge.contract.limits import MAX_SEQUENCE
from loglm_bridge.lab.encoder import Block, EncoderShape
from loglm_bridge.model.steps import MARKS, ROWS

#: Place of a step's first mark, whose value 0 is padding.
PADDING = 0


def shape(width: int, layers: int = 2, heads: int = 4, inner: int = 512) -> EncoderShape:
    """Return the sizes of a sequence encoder over vectors of `width` numbers."""
    return EncoderShape(ROWS, 0, MAX_SEQUENCE, layers, width, heads, inner)


class SequenceEncoder(nn.Module):
    """(vectors, marks) -> one state per step, and from it the logits of malice and of the techniques.

    `inlet` reads the event vector behind a norm; every mark adds a row of the one table.
    """

    def __init__(self, sizes: EncoderShape, outputs: int, hidden: int = 128, dropout: float = 0.1) -> None:
        super().__init__()
        width = sizes.width
        self.shape, self.dropout = sizes, dropout
        self.norm_inlet = nn.RMSNorm(width, eps=1e-6)
        self.inlet = nn.Linear(width, width)
        self.marks = nn.Embedding(sizes.vocab, width)
        self.blocks = nn.ModuleList(Block(sizes, dropout) for _ in range(sizes.layers))
        self.norm = nn.RMSNorm(width, eps=1e-6)
        self.hidden = nn.Linear(width, hidden)
        self.out = nn.Linear(hidden, outputs)
        nn.init.normal_(self.marks.weight, std=0.02)

    def forward(self, vectors: Tensor, marks: Tensor, hidden_steps: Tensor | None = None) -> Tensor:
        """vectors (windows, steps, width), marks (windows, steps, marks) int64 -> states (windows, steps, width).

        A step whose first mark is PADDING is none. Of the steps in `hidden_steps` (windows, steps) nothing is shown.
        """
        mask = torch.where(marks[..., 0] == PADDING, -1e9, 0.0)[:, None, None, :]
        x: Tensor = self.inlet(self.norm_inlet(vectors)) + self.marks(marks).sum(2)
        if hidden_steps is not None:
            x = x.masked_fill(hidden_steps[..., None], 0.0)
        for block in self.blocks:
            x = block(x, mask)
        return x

    def logits(self, states: Tensor) -> Tensor:
        """states (..., width) -> (..., outputs): first that of malice, then those of the techniques."""
        hidden = F.dropout(F.relu(self.hidden(self.norm(states))), self.dropout, self.training)
        out: Tensor = self.out(hidden)
        return out


class HiddenStep(nn.Module):
    """Says from a hidden step's state what its event's vector and its amounts were."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.dense = nn.Linear(width, width)
        self.vector = nn.Linear(width, width)
        self.mark = nn.Linear(width, ROWS)

    def forward(self, states: Tensor) -> tuple[Tensor, Tensor]:
        """states (hidden, width) -> (vectors (hidden, width), logits of all marks (hidden, ROWS))."""
        inner = F.gelu(self.dense(states))
        return self.vector(inner), self.mark(inner)


def mark_losses(logits: Tensor, marks: Tensor) -> Tensor:
    """Mean cross-entropy of every mark; logits (hidden, ROWS), marks (hidden, marks) as rows of the table."""
    parts, start = [], 0
    for place, size in enumerate(MARKS.values()):
        parts.append(F.cross_entropy(logits[:, start : start + size], marks[:, place] - start))
        start += size
    return torch.stack(parts).mean()
