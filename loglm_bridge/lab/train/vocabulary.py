"""Stage `tokenizer`: BPE pieces of canonical values, and control tokens for field names and event kinds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

from loglm_bridge.model.features.tokenizer import CONTROL, field_token, kind_token
from loglm_bridge.telemetry.record import CanonicalEvent

#: Where a value may be cut into pieces: class tokens stay whole, a word keeps the one separator before it (`\\temp`,
#: `.exe`, `-enc`, `/c`), other punctuation stands alone. Blanks only separate.
_PIECES = Regex(r"\{[a-z0-9_+.\-]{1,24}\}|[.\\/\-]?[\p{L}\p{N}_]+|[^\p{L}\p{N}\s_]")
_BLANKS = Regex(r"\s+")
_SEPARATORS = ".\\/-"

#: Recordings and sources that must show a word before a piece may be made of it: the vocabulary ships, and what one
#: machine or laboratory alone said (a name, a secret) is not for others to read.
MIN_RECORDINGS = 3
MIN_SOURCES = 2

Holders = Collection[tuple[str, str]]


def train(
    canonicals: Sequence[CanonicalEvent],
    recordings: Sequence[Holders],
    names: Collection[str],
    pieces: int,
    min_kind: int = 3,
    min_field: int = 5,
) -> Tokenizer:
    """Train a tokenizer on distinct canonical events.

    `recordings[i]` are the (source, recording) pairs that hold event i: words of fewer than MIN_RECORDINGS or
    MIN_SOURCES, and `names` of accounts and hosts, are spelled by pieces of other words. `pieces` is the number of BPE
    pieces; kinds and field names seen in at least `min_kind` / `min_field` distinct events get a control token each, in
    a fixed order, so that the same corpus gives the same ids.
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
    words = _words(canonicals, tokenizer)
    common = _common(canonicals, recordings, words) - set(names)
    tokenizer.train_from_iterator(_values(canonicals, words, common), trainer=trainer, length=len(canonicals))
    return tokenizer


def _words(canonicals: Sequence[CanonicalEvent], tokenizer: Tokenizer) -> Mapping[str, tuple[str, ...]]:
    """Cut every distinct value into the words that pieces are made of."""
    out: dict[str, tuple[str, ...]] = {}
    for value in {value[:_MAX_VALUE] for event in canonicals for _, value in event.fields}:
        text = tokenizer.normalizer.normalize_str(value)
        out[value] = tuple(text[start:end] for _, (start, end) in tokenizer.pre_tokenizer.pre_tokenize_str(text))
    return out


def _common(
    canonicals: Sequence[CanonicalEvent], recordings: Sequence[Holders], words: Mapping[str, tuple[str, ...]]
) -> set[str]:
    """Return the words, without the separator before them, that enough recordings and sources show."""
    holders: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for event, held in zip(canonicals, recordings, strict=True):
        for _, value in event.fields:
            for word in words[value[:_MAX_VALUE]]:
                holders[_bare(word)].update(held)
    return {
        word
        for word, held in holders.items()
        if len(held) >= MIN_RECORDINGS and len({source for source, _ in held}) >= MIN_SOURCES
    }


def _values(
    canonicals: Sequence[CanonicalEvent], words: Mapping[str, tuple[str, ...]], common: Collection[str]
) -> Iterator[list[str]]:
    # A value counts by the logarithm of its frequency: rare behaviour must get pieces, common words must stay whole.
    counts = Counter(value[:_MAX_VALUE] for event in canonicals for _, value in event.fields)
    for value, count in counts.items():
        yield [" ".join(word for word in words[value] if _bare(word) in common)] * count.bit_length()


def _bare(word: str) -> str:
    return word.lstrip(_SEPARATORS) or word


#: Characters of a value that the trainer reads.
_MAX_VALUE = 512
