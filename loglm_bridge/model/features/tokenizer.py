"""Canonical events to token ids.

A sequence is `[CLS] kind (field value...)...`: the kind and the field names are single tokens, values are BPE pieces.
Control tokens are found by id only; text is always encoded as plain text, so a log can never spell one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from loglm_bridge.telemetry.record import CanonicalEvent

PAD, MASK, CLS, OTHER_FIELD, OTHER_KIND = "[PAD]", "[MASK]", "[CLS]", "[FIELD]", "[KIND]"
CONTROL = (PAD, MASK, CLS, OTHER_FIELD, OTHER_KIND)

#: Tokens of one event at most, and of one value; a script must not push every other field out of the window.
MAX_TOKENS = 128
MAX_VALUE_TOKENS = 48

#: Distinct (field, value) pairs whose ids are remembered; about 300 bytes each.
_MEMO = 1 << 16


def field_token(name: str) -> str:
    """Return the control token of a field name."""
    return f"[F:{name}]"


def kind_token(family: str, kind: str) -> str:
    """Return the control token of an event kind."""
    return f"[K:{family} {kind}]"


@dataclass(frozen=True, slots=True)
class Encoded:
    """One event as model input: `ids` and `fields` are int32 of equal length (<= MAX_TOKENS).

    `fields[i]` is the id of the field token that governs position i (the CLS id for CLS and the kind).
    """

    ids: np.ndarray
    fields: np.ndarray
    truncated: bool


class EventTokenizer:
    """Turns canonical events into ids; remembers what a (field, value) pair gave."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        tokenizer.encode_special_tokens = True
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self._tokenizer = tokenizer
        self._vocab: dict[str, int] = tokenizer.get_vocab(with_added_tokens=True)
        self.pad, self.mask, self.cls, self._other_field, self._other_kind = (self._vocab[t] for t in CONTROL)
        self._field = lru_cache(maxsize=_MEMO)(self._encode_field)

    @classmethod
    def load(cls, path: Path) -> EventTokenizer:
        """Read `tokenizer.json`."""
        return cls(Tokenizer.from_file(str(path)))

    @property
    def size(self) -> int:
        """Number of ids."""
        return self._tokenizer.get_vocab_size(with_added_tokens=True)

    @property
    def control_ids(self) -> frozenset[int]:
        """Ids that no value can produce."""
        return frozenset(i for t, i in self._vocab.items() if t in CONTROL or t.startswith(("[F:", "[K:")))

    def encode(self, event: CanonicalEvent) -> Encoded:
        """Encode one event; what does not fit MAX_TOKENS is cut from the end, which holds the least telling fields."""
        kind = self._vocab.get(kind_token(event.family, event.kind))
        head = (self.cls, kind) if kind is not None else self._unknown_kind(event)
        parts, owners, length, cut = [head], [(self.cls, len(head))], len(head), False
        for name, value in event.fields:
            if length >= MAX_TOKENS:
                cut = True
                break
            ids, shortened = self._field(name, value)
            parts.append(ids)
            owners.append((ids[0], len(ids)))
            length += len(ids)
            cut = cut or shortened
        flat = np.fromiter((i for part in parts for i in part), dtype=np.int32, count=length)
        fields = np.repeat(*(np.array(column, dtype=np.int32) for column in zip(*owners, strict=True)))
        return Encoded(flat[:MAX_TOKENS], fields[:MAX_TOKENS], cut or length > MAX_TOKENS)

    def pieces(self, ids: np.ndarray) -> list[str]:
        """Return the text of each id, for explanations and reports."""
        return [self._tokenizer.id_to_token(int(i)) or "" for i in ids]

    def _unknown_kind(self, event: CanonicalEvent) -> tuple[int, ...]:
        text = f"{event.family} {event.kind}"
        return (self.cls, self._other_kind, *self._tokenizer.encode(text, add_special_tokens=False).ids[:8])

    def _encode_field(self, name: str, value: str) -> tuple[tuple[int, ...], bool]:
        known = self._vocab.get(field_token(name))
        head = (known,) if known is not None else (self._other_field, *self._plain(name)[:6])
        ids = self._plain(value)
        return (*head, *ids[:MAX_VALUE_TOKENS]), len(ids) > MAX_VALUE_TOKENS

    def _plain(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids
