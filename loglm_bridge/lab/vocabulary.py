"""Stage `tokenizer`: BPE pieces of canonical values, and control tokens for field names and event kinds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

from loglm_bridge.model.tokenizer import CONTROL, field_token, kind_token
from loglm_bridge.telemetry.record import Canonical

#: Where a value may be cut into pieces: class tokens stay whole, a word keeps the one separator before it (`\\temp`,
#: `.exe`, `-enc`, `/c`), other punctuation stands alone. Blanks only separate.
_PIECES = Regex(r"\{[a-z0-9_+.\-]{1,24}\}|[.\\/\-]?[\p{L}\p{N}_]+|[^\p{L}\p{N}\s_]")
_BLANKS = Regex(r"\s+")


def train(canonicals: Sequence[Canonical], pieces: int, min_kind: int = 3, min_field: int = 5) -> Tokenizer:
    """Train a tokenizer on distinct canonical events.

    `pieces` is the number of BPE pieces; kinds and field names seen in at least `min_kind` / `min_field` distinct
    events get a control token each, in a fixed order, so that the same corpus gives the same ids.
    """
    kinds = Counter((c.family, c.kind) for c in canonicals)
    fields = Counter(name for c in canonicals for name, _ in c.fields)
    control = [
        *CONTROL,
        *sorted(field_token(f) for f, n in fields.items() if n >= min_field),
        *sorted(kind_token(*k) for k, n in kinds.items() if n >= min_kind),
    ]
    tokenizer = Tokenizer(models.BPE(unk_token=None, byte_fallback=False))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(_BLANKS, behavior="removed"),
            pre_tokenizers.Split(_PIECES, behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=pieces + len(control),
        special_tokens=control,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        min_frequency=3,
        max_token_length=24,
        show_progress=False,
    )
    tokenizer.train_from_iterator(_values(canonicals), trainer=trainer, length=len(canonicals))
    return tokenizer


def _values(canonicals: Sequence[Canonical]) -> Iterator[list[str]]:
    # A value counts by the logarithm of its frequency: rare behaviour must get pieces, common words must stay whole.
    counts = Counter(value[:512] for event in canonicals for _, value in event.fields)
    for value, count in counts.items():
        yield [value] * count.bit_length()
