"""Trains the tokenizer: BPE pieces of canonical values, and control tokens for field names and event kinds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

from loglm_bridge.model.features.tokenizer import CONTROL, field_token, kind_token
from loglm_bridge.telemetry.record import CanonicalEvent

#: Parts of a value that are cut into pieces: placeholders stay whole, a word keeps the one separator before it
#: (`\\temp`, `.exe`, `-enc`, `/c`), other punctuation is a part of its own. Blanks only separate.
_PIECES = Regex(r"\{[a-z0-9_+.\-]{1,24}\}|[.\\/\-]?[\p{L}\p{N}_]+|[^\p{L}\p{N}\s_]")
_BLANKS = Regex(r"\s+")
_SEPARATORS = ".\\/-"

#: Limit of the characters of a value that the trainer reads.
_MAX_VALUE = 512

#: A word becomes a piece only if so many recordings and sources show it: the vocabulary ships, and a word of a single
#: machine or laboratory may be a name or a secret.
MIN_RECORDINGS = 3
MIN_SOURCES = 2

#: The (source, recording) pairs that hold an event.
Holders = Collection[tuple[str, str]]


def train(
    canonicals: Sequence[CanonicalEvent],
    recordings: Sequence[Holders],
    names: Collection[str],
    pieces: int,
    public: Collection[str] = (),
    min_kind: int = 3,
    min_field: int = 5,
) -> Tokenizer:
    """Train a tokenizer on distinct canonical events.

    `recordings[i]` hold event i. Words of fewer than MIN_RECORDINGS recordings or MIN_SOURCES sources, and `names` of
    accounts and hosts, do not become pieces; words of the project's own rules do (`public`: names of operations, tools
    and options, no identity). `pieces` is the number of BPE pieces. Kinds and field names of at least
    `min_kind` and `min_field` distinct events get a control token each, in a fixed order, so that the same corpus gives
    the same ids.
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
    common = (_common(canonicals, recordings, words) - set(names)) | set(public)
    tokenizer.train_from_iterator(_values(canonicals, words, common), trainer=trainer, length=len(canonicals))
    return tokenizer


def _words(canonicals: Sequence[CanonicalEvent], tokenizer: Tokenizer) -> Mapping[str, tuple[str, ...]]:
    """Return for every distinct value the words that it is cut into."""
    words: dict[str, tuple[str, ...]] = {}
    for value in {value[:_MAX_VALUE] for event in canonicals for _, value in event.fields}:
        text = tokenizer.normalizer.normalize_str(value)
        words[value] = tuple(text[start:end] for _, (start, end) in tokenizer.pre_tokenizer.pre_tokenize_str(text))
    return words


def _common(
    canonicals: Sequence[CanonicalEvent], recordings: Sequence[Holders], words: Mapping[str, tuple[str, ...]]
) -> set[str]:
    """Return the words, without their separator, that enough recordings and sources show."""
    holders: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for event, pairs in zip(canonicals, recordings, strict=True):
        for _, value in event.fields:
            for word in words[value[:_MAX_VALUE]]:
                holders[_bare(word)].update(pairs)
    return {
        word
        for word, pairs in holders.items()
        if len(pairs) >= MIN_RECORDINGS and len({source for source, _ in pairs}) >= MIN_SOURCES
    }


def _values(
    canonicals: Sequence[CanonicalEvent], words: Mapping[str, tuple[str, ...]], common: Collection[str]
) -> Iterator[list[str]]:
    # a value counts by the logarithm of its frequency, so that rare behaviour gets pieces as well
    counts = Counter(value[:_MAX_VALUE] for event in canonicals for _, value in event.fields)
    for value, count in counts.items():
        yield [" ".join(word for word in words[value] if _bare(word) in common)] * count.bit_length()


def _bare(word: str) -> str:
    """Return a word without the separator before it."""
    return word.lstrip(_SEPARATORS) or word
