"""`loglm export-findings`: files of events in, findings out in the format of another tool."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from itertools import tee
from pathlib import Path

from loglm_bridge.commands.label import Label, cores, label_items
from loglm_bridge.commands.state_dir import add_state_dir
from loglm_bridge.contract.errors import ConfigError
from loglm_bridge.contract.wire import Options
from loglm_bridge.event_files import Item, read_items
from loglm_bridge.interchange import navigator, ocsf, sequences, vigil
from loglm_bridge.interchange.scored_event import ScoredEvent

#: Text format -> function that yields its lines for labelled events.
_TEXT_FORMATS: dict[str, Callable[[Iterable[ScoredEvent]], Iterator[str]]] = {
    "vigil": vigil.findings,
    "ocsf": ocsf.findings,
    "navigator": navigator.lines,
}
_PARQUET = "sequences"
_TOP = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `loglm export-findings`."""
    parser.description = (
        "Labels events as `loglm label` does and writes the malicious ones as findings: vigil (JSON lines of "
        "DeepTempo's vigil), sequences (its parquet), ocsf (JSON lines of OCSF Detection Finding), navigator (an "
        "ATT&CK layer)."
    )
    parser.add_argument("files", nargs="*", metavar="FILE", help="files of events; default, and -: standard input")
    parser.add_argument("--as", dest="format", required=True, choices=[*_TEXT_FORMATS, _PARQUET], help="the format")
    parser.add_argument("--out", type=Path, metavar="FILE", help="output file; default: standard output")
    parser.add_argument(
        "--by", default="", metavar="FIELDS", help="read events of one entity together (fields, separated by commas)"
    )
    parser.add_argument("--all", action="store_true", help="export every labelled event, not only malicious ones")
    parser.add_argument("--model", type=Path, metavar="DIR", help="model folder; default: the promoted or shipped one")
    add_state_dir(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Label and export. Raises LogLMError where the model or a file cannot be used."""
    if args.format == _PARQUET and args.out is None:
        raise ConfigError("parquet is not text", hint="name a file with --out")
    from loglm_bridge.model.labeller import Labeller  # numpy and onnxruntime take a second to import
    from loglm_bridge.model.registry import default_folder

    by = tuple(name.strip() for name in args.by.split(",") if name.strip())
    with ExitStack() as stack:
        labeller = Labeller.load(args.model or default_folder())
        stack.callback(labeller.close)
        options = Options(top=_TOP, embedding=True, sequence=bool(by))
        events = labelled(read_items(args.files or ["-"], by), labeller.label, options)
        # a sequence states how many events it has, so all of them are exported
        chosen = (event for event in events if args.all or args.format == _PARQUET or event.malicious)
        if args.format == _PARQUET:
            sequences.write(chosen, args.out)
            return 0
        out = stack.enter_context(args.out.open("w", encoding="utf-8")) if args.out else sys.stdout
        out.writelines(line + "\n" for line in _TEXT_FORMATS[args.format](chosen))
    return 0


def labelled(items: Iterable[Item], label: Label, options: Options) -> Iterator[ScoredEvent]:
    """Yield the events that have a label, with their rows, in order."""
    items, to_label = tee(items)
    for item, row in zip(items, label_items(to_label, label, options, cores()), strict=True):
        if row["status"] == "ok" and item.event is not None:
            yield ScoredEvent(item.event, row)
