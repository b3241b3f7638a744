"""`loglm label`: files of events in, one JSON line an event out, in order: as the sidecar would answer."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, TextIO

from loglm_bridge.commands.state_dir import add_state_dir
from loglm_bridge.contract.errors import ConfigError, LogLMError
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.limits import MAX_TOP
from loglm_bridge.contract.verdict import Verdict
from loglm_bridge.contract.windows import windows_of
from loglm_bridge.contract.wire import Options
from loglm_bridge.event_files import Item, read_items

if TYPE_CHECKING:
    from loglm_bridge.model.labeller import Labeller

#: Items and characters of raw text of one batch; they bound the memory of the batches in flight.
BATCH_ITEMS = 256
BATCH_CHARACTERS = 4 * 1024 * 1024

#: The same for one block with --by: events of an entity that lie in different blocks are not read together.
SEQUENCE_BLOCK = (200_000, 256 * 1024 * 1024)

#: Batches in flight for each thread: one running, one waiting.
_BATCHES_PER_THREAD = 2

Batch = Sequence[Item]
Label = Callable[[Sequence[Event], Options], Sequence[Verdict]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `loglm label`."""
    parser.description = (
        "Labels events without a sidecar. Input: JSON lines with the key raw (and id, sourcetype, source, host, time), "
        "or plain text with one event on each line; gzip or not. Output: one JSON line for each event, in order."
    )
    parser.add_argument("files", nargs="*", metavar="FILE", help="files of events; default, and -: standard input")
    parser.add_argument(
        "--by", default="", metavar="FIELDS", help="read events of one entity together (fields, separated by commas)"
    )
    parser.add_argument(
        "--top", type=_top, default=Options().top, metavar="N", help=f"maximum of techniques, 1 to {MAX_TOP}"
    )
    parser.add_argument("--embedding", action="store_true", help="add the event's embedding")
    parser.add_argument("--model", type=Path, metavar="DIR", help="model folder; default: the promoted or shipped one")
    parser.add_argument("--profile", choices=("base", "fast"), default="base", help="the encoder; default: base")
    parser.add_argument("--out", type=Path, metavar="FILE", help="output file; default: standard output")
    parser.add_argument("--threads", type=_threads, default=cores(), metavar="N", help="default: all cores")
    add_state_dir(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Label the files. Raises LogLMError where the model or a file cannot be used; the rows so far are written."""
    _refuse_overwriting(args.out, args.files)
    from loglm_bridge.model.labeller import Labeller  # numpy and onnxruntime take a second to import
    from loglm_bridge.model.registry import default_folder

    by = tuple(name.strip() for name in args.by.split(",") if name.strip())
    options = Options(top=args.top, embedding=args.embedding, sequence=bool(by))
    began, counts = time.monotonic(), Counter[str]()
    labeller: Labeller = Labeller.load(args.model or default_folder(), profile=args.profile)
    with ExitStack() as stack:
        stack.callback(labeller.close)
        out: TextIO = stack.enter_context(_create(args.out)) if args.out else sys.stdout
        items = read_items(args.files or ["-"], by)
        for row in label_items(items, labeller.label, options, args.threads):
            counts[row["status"]] += 1
            out.write(json.dumps(row, separators=(",", ":"), allow_nan=False) + "\n")
    if sys.stderr.isatty():
        sys.stderr.write(_summary(counts, time.monotonic() - began) + "\n")
    return 0


def label_items(items: Iterable[Item], label: Label, options: Options, threads: int) -> Iterator[dict[str, Any]]:
    """Yield the output row of each item, in order.

    `label` runs on `threads` threads over batches. The number of batches in flight is bounded.

    Raises:
        LogLMError: `items` failed; the rows of all items before that were yielded.
    """
    in_flight: deque[Future[list[dict[str, Any]]]] = deque()
    failure = None
    with ThreadPoolExecutor(threads) as pool:
        try:
            for batch in _batches(items, *(SEQUENCE_BLOCK if options.sequence else (BATCH_ITEMS, BATCH_CHARACTERS))):
                if options.sequence:
                    yield from _label_windows(batch, label, options, pool)
                else:
                    in_flight.append(pool.submit(_label_batch, batch, label, options))
                if len(in_flight) > threads * _BATCHES_PER_THREAD:
                    yield from in_flight.popleft().result()
        except LogLMError as error:  # raised by `items`: a batch turns its own errors into rows
            failure = error
        while in_flight:
            yield from in_flight.popleft().result()
    if failure is not None:
        raise failure


def row_of(item: Item, verdict: Verdict) -> dict[str, Any]:
    """Return the output row, with `embedding` if asked for and `detail` if there is no label."""
    row: dict[str, Any] = {
        "id": item.id,
        "status": verdict.status,
        "score": verdict.score,
        "malicious": verdict.malicious,
        "verdict": verdict.verdict,
        "techniques": [[technique.id, technique.confidence] for technique in verdict.techniques],
        "novelty": verdict.novelty,
    }
    if verdict.embedding is not None:
        row["embedding"] = verdict.embedding
    if verdict.status != "ok" and verdict.detail:
        row["detail"] = verdict.detail
    return row


def _label_batch(batch: Batch, label: Label, options: Options) -> list[dict[str, Any]]:
    events = [item.event for item in batch if item.event is not None]
    try:
        verdicts = iter(label(events, options) if events else ())
    except LogLMError as error:
        # one batch marked as an error is better than no rows at all
        verdicts = iter([Verdict("error", detail=str(error))] * len(events))
    return [
        row_of(item, Verdict("error", detail=item.problem) if item.event is None else next(verdicts)) for item in batch
    ]


def _label_windows(items: Batch, label: Label, options: Options, pool: ThreadPoolExecutor) -> list[dict[str, Any]]:
    """Return the rows of items, in order, that are labelled in windows of one entity; a batch holds many windows."""
    batches: list[list[int]] = [[]]
    for window in windows_of([item.event or Event(raw="") for item in items]):
        if batches[-1] and len(batches[-1]) + len(window) > BATCH_ITEMS:
            batches.append([])
        batches[-1] += window
    labelled = pool.map(lambda indices: _label_batch([items[i] for i in indices], label, options), batches)
    rows = {
        i: row for indices, part in zip(batches, labelled, strict=True) for i, row in zip(indices, part, strict=True)
    }
    return [rows[i] for i in range(len(items))]


def _batches(items: Iterable[Item], max_items: int, max_characters: int) -> Iterator[Batch]:
    batch: list[Item] = []
    size = 0
    try:
        for item in items:
            batch.append(item)
            size += len(item.event.raw) if item.event else 0
            if len(batch) >= max_items or size >= max_characters:
                yield batch
                batch, size = [], 0
    except LogLMError:
        if batch:
            yield batch
        raise
    if batch:
        yield batch


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _create(path: Path) -> TextIO:
    try:
        return path.open("w", encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"--out cannot be written: {error.strerror}", where=str(path), hint="choose another"
        ) from error


def _refuse_overwriting(out: Path | None, files: Sequence[str]) -> None:
    if out is not None and out.exists() and any(Path(f).exists() and out.samefile(f) for f in files):
        raise ConfigError("--out is one of the files to label", where=str(out), hint="choose another")


def _summary(counts: Counter[str], seconds: float) -> str:
    kinds = ", ".join(f"{number:,} {status}" for status, number in counts.most_common()) or "none"
    rate = counts.total() / max(seconds, 1e-9)
    return f"loglm: {counts.total():,} events ({kinds}) in {seconds:.1f} s, {rate:,.0f} events/s"


def _top(text: str) -> int:
    return _whole(text, MAX_TOP)


def _threads(text: str) -> int:
    return _whole(text, 256)


def _whole(text: str, maximum: int) -> int:
    value = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    if not 1 <= value <= maximum:
        raise argparse.ArgumentTypeError(f"a whole number from 1 to {maximum} is wanted, got {text[:40]!r}")
    return value
