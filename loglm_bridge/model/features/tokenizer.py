"""Canonical events to token ids.

A sequence is `[CLS] kind (field value...)...`: kind and field names are single control tokens, values are BPE tokens.
Control tokens are added by id only. Text is always encoded as plain text, so no log can inject a control token.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from loglm_bridge.telemetry.byte_cache import ByteCache
from loglm_bridge.telemetry.record import CanonicalEvent

PAD, MASK, CLS, OTHER_FIELD, OTHER_KIND = "[PAD]", "[MASK]", "[CLS]", "[FIELD]", "[KIND]"
CONTROL = (PAD, MASK, CLS, OTHER_FIELD, OTHER_KIND)

#: Maximum tokens of one event, and of one value: a long script must not displace all other fields.
MAX_TOKENS = 128
MAX_VALUE_TOKENS = 48

#: Bytes of the ids of (field, value) pairs that are cached.
_MAX_CACHED_BYTES = 24_000_000


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
    """Encodes canonical events as ids; caches the ids of (field, value) pairs."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        tokenizer.encode_special_tokens = True
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self._tokenizer = tokenizer
        self._vocab: dict[str, int] = tokenizer.get_vocab(with_added_tokens=True)
        self.pad, self.mask, self.cls, self._other_field, self._other_kind = (self._vocab[t] for t in CONTROL)
        self._field = ByteCache(self._encode_field, _MAX_CACHED_BYTES, "tokenizer.field").call

    @classmethod
    def load(cls, path: Path) -> EventTokenizer:
        """Read `tokenizer.json`."""
        return cls(Tokenizer.from_file(str(path)))

    @property
    def size(self) -> int:
        """Number of token ids."""
        return self._tokenizer.get_vocab_size(with_added_tokens=True)

    @property
    def control_ids(self) -> frozenset[int]:
        """Ids of control tokens, which no value can produce."""
        return frozenset(i for t, i in self._vocab.items() if t in CONTROL or t.startswith(("[F:", "[K:")))

    def encode(self, event: CanonicalEvent) -> Encoded:
        """Encode one event. Beyond MAX_TOKENS it is cut at the end, where the least informative fields are."""
        kind = self._vocab.get(kind_token(event.family, event.kind))
        head = (self.cls, kind) if kind is not None else self._unknown_kind(event)
        parts, field_runs, length, truncated = [head], [(self.cls, len(head))], len(head), False
        for name, value in event.fields:
            if length >= MAX_TOKENS:
                truncated = True
                break
            ids, shortened = self._field(name, value)
            parts.append(ids)
            field_runs.append((ids[0], len(ids)))
            length += len(ids)
            truncated = truncated or shortened
        all_ids = np.fromiter((i for part in parts for i in part), dtype=np.int32, count=length)
        fields = np.repeat(*(np.array(column, dtype=np.int32) for column in zip(*field_runs, strict=True)))
        return Encoded(all_ids[:MAX_TOKENS], fields[:MAX_TOKENS], truncated or length > MAX_TOKENS)

    def beyond(self, event: CanonicalEvent) -> list[str]:
        """Return the names of the fields that MAX_TOKENS or MAX_VALUE_TOKENS cut, wholly or in part."""
        kind = self._vocab.get(kind_token(event.family, event.kind))
        length = 2 if kind is not None else len(self._unknown_kind(event))
        cut = []
        for name, value in event.fields:
            ids, shortened = self._field(name, value)
            length += len(ids)
            if shortened or length > MAX_TOKENS:
                cut.append(name)
        return cut

    def pieces(self, ids: np.ndarray) -> list[str]:
        """Return the text of each id, for reports."""
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
