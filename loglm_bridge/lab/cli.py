"""The training pipeline as subcommands, a stage each: `loglm corpus`, `pretrain`, `distil`, `heads`, `sequence` ...

`reproduce.sh` beside this file runs them in order, with the cost of each.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from loglm_bridge.contract.event import Event
from loglm_bridge.lab.adapt import adapt
from loglm_bridge.lab.data.sources import open_text
from loglm_bridge.lab.evaluate import evaluate as evaluation
from loglm_bridge.lab.evaluate.model_card import card
from loglm_bridge.lab.export.seal import seal
from loglm_bridge.lab.recipe import SHIPPED, Recipe
from loglm_bridge.lab.run import Run
from loglm_bridge.lab.train.thresholds import Budget
from loglm_bridge.model.classifier.heads import Heads
from loglm_bridge.model.folder import model_folder
from loglm_bridge.model.labeller import Labeller
from loglm_bridge.telemetry import parse_and_canonicalise

Parsers = Any

#: The project's own sample events: the golden events of every model.
SAMPLES = Path(__file__).parents[1] / "samples" / "events.jsonl"

_MODEL = "a model folder"

#: Files of the trees of flows, beside the heads.
_CONTEXT = (model_folder.FLOW_TREES, model_folder.SEQUENCE_CONFIG)

#: What `heads.saw` says of heads that learned from the validation recordings too.
ALL = "all recordings"


def add_parsers(commands: Parsers) -> None:
    """Declare every stage among the subcommands of `loglm`."""
    corpus = _stage(commands, "corpus", "raw events to canonical events, backgrounds and lessons", _corpus)
    _run_arguments(corpus)
    _data_arguments(corpus)
    _run_arguments(_stage(commands, "pretrain", "tokenizer and event encoder, from canonical events", _pretrain))
    _run_arguments(_stage(commands, "distil", "the smaller event encoder of the profile fast", _distil))
    heads = _stage(commands, "heads", "technique and maliciousness heads, calibration", _heads)
    _run_arguments(heads)
    _heads_argument(heads)
    heads.add_argument("--everything", action="store_true", help="include the validation recordings: only for shipping")
    heads.add_argument(
        "--without-atomic", action="store_true", help="leave out Atomic Red Team's commands as a teacher"
    )
    heads.add_argument("--leave-out", default="", metavar="SOURCE", help="a source to do without, so that it is unseen")
    sequence = _stage(commands, "sequence", "trees of flows, events in context, for a run's heads", _sequence)
    _run_arguments(sequence)
    _heads_argument(sequence)
    sequence.add_argument("--leave-out", default="", metavar="SOURCE", help="a source to do without")
    _report(_stage(commands, "evaluate", "figures on the validation split, beside the baselines", _evaluate))
    site = _stage(commands, "adapt", "thresholds and novelty from a site's ordinary events", _adapt)
    site.add_argument("--model", type=Path, required=True, help=_MODEL)
    site.add_argument("--out", type=Path, required=True, help="the adapted model folder")
    site.add_argument("--malicious", type=float, default=Budget.malicious, help="share of ordinary events to flag")
    site.add_argument(
        "events",
        type=Path,
        nargs="+",
        help='ordinary events, JSON lines with "raw", flows with "time" in epoch seconds too (or .gz)',
    )
    sealed = _stage(commands, "export", "a sealed model folder from a run", _export)
    _run_arguments(sealed)
    _heads_argument(sealed)
    sealed.add_argument("--out", type=Path, required=True, help="the model folder to write")
    sealed.add_argument("--report", type=Path, help="report.json of `loglm evaluate`, for the card")
    sealed.add_argument(
        "--atomic-report", type=Path, help="the same of a model --without-atomic, for atomic_evtx's rows"
    )


def _stage(
    commands: Parsers, name: str, text: str, run: Callable[[argparse.Namespace], int]
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=f"training pipeline: {text}", description=text)
    parser.set_defaults(run=run)
    return parser


def _run_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--run", dest="folder", type=Path, required=True, help="the run folder: stages leave files there"
    )
    parser.add_argument("--recipe", type=Path, default=SHIPPED, help="a recipe (default: the shipped model's)")


def _heads_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--heads", type=Path, help="folder of the heads (default: the run folder)")


def _data_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="the folder of training data")
    parser.add_argument("--split", type=Path, required=True, help="validation.json: recordings kept for validation")


def _report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=Path, required=True, help=_MODEL)
    parser.add_argument(
        "--profile", choices=model_folder.PROFILES, default=model_folder.BASE, help="which encoder (base)"
    )
    _data_arguments(parser)
    parser.add_argument("--scorer", type=Path, required=True, help="the scorer, score.py")
    parser.add_argument("--out", type=Path, required=True, help="folder for predictions.jsonl and report.json")


def _run_of(args: argparse.Namespace) -> Run:
    return Run(args.folder, Recipe.read(args.recipe))


def _corpus(args: argparse.Namespace) -> int:
    made, lessons = _run_of(args).corpus(args.data, args.split)
    print(f"{len(made.events)} events, {len(made.canonicals)} distinct canonical, {len(lessons)} lessons")
    return 0


def _pretrain(args: argparse.Namespace) -> int:
    _run_of(args).pretrain()
    print(f"encoder in {args.folder / 'pretrain.pt'}")
    return 0


def _distil(args: argparse.Namespace) -> int:
    errors = _run_of(args).distil()
    print(f"mean squared error in spreads: {', '.join(f'{error:.4f}' for error in errors)}")
    return 0


def _heads(args: argparse.Namespace) -> int:
    heads = _run_of(args).heads(args.everything, not args.without_atomic, args.leave_out)
    folder = args.heads or args.folder
    folder.mkdir(parents=True, exist_ok=True)
    tensors, config = heads.dump()
    (folder / model_folder.HEADS).write_bytes(tensors)
    (folder / model_folder.HEADS_CONFIG).write_text(config, encoding="utf-8")
    (folder / "heads.saw").write_text(ALL if args.everything else "the training recordings alone")
    print(f"{len(heads.config.techniques)} techniques; malicious from {_thresholds(heads)}")
    return 0


def _thresholds(heads: Heads) -> str:
    curves = heads.config.curves.items()
    return ", ".join(f"{curve.malicious:.4f} ({family or 'other'})" for family, curve in curves)


def _sequence(args: argparse.Namespace) -> int:
    folder = args.heads or args.folder
    everything = (folder / "heads.saw").read_text() == ALL
    trees, config = _run_of(args).sequence(everything, args.leave_out)
    (folder / model_folder.FLOW_TREES).write_bytes(trees)
    (folder / model_folder.SEQUENCE_CONFIG).write_text(json.dumps(config.to_dict(), indent=1) + "\n", encoding="utf-8")
    print(f"flows: malicious from {config.flows.curve.malicious:.4f}")
    return 0


def _heads_of(folder: Path) -> Heads:
    config = json.loads((folder / model_folder.HEADS_CONFIG).read_text("utf-8"))
    return Heads.load((folder / model_folder.HEADS).read_bytes(), config)


def _evaluate(args: argparse.Namespace) -> int:
    labeller = Labeller.load(args.model, profile=args.profile)
    print(evaluation.table(evaluation.evaluate(labeller, args.data, args.split, args.scorer, args.out)))
    return 0


def _adapt(args: argparse.Namespace) -> int:
    events = [Event.from_dict(row, where=str(path)) for path in args.events for row in _rows(path)]
    made = adapt(model_folder.ModelFolder.open(args.model), events, Budget(malicious=args.malicious), args.out)
    print(f"{made.id} in {args.out}")
    return 0


def _export(args: argparse.Namespace) -> int:
    run, folder = _run_of(args), args.heads or args.folder
    heads = _heads_of(folder)
    report = _reports(args.report, args.atomic_report)
    saw = (folder / "heads.saw").read_text()
    details = {"metrics": report, "data": saw} if report else {"data": saw}
    text = card(run.recipe, run.counts(heads), report, saw)
    golden = _golden()
    made = seal(
        args.out,
        run.tokenizer_file,
        run.encoders(),
        heads,
        run.signatures(),
        run.neighbours(saw == ALL),
        {n: (folder / n).read_bytes() for n in _CONTEXT if (folder / n).exists()},
        golden,
        text,
        run.recipe.name,
        run.recipe.version,
        details,
    )
    print(f"{made.id} in {args.out}, {sum(map(len, made.files.values())) / 1e6:.1f} MB")
    return 0


def _reports(scored: Path | None, without_atomic: Path | None) -> dict[str, Any] | None:
    if scored is None:
        return None
    report: dict[str, Any] = json.loads(scored.read_text("utf-8"))
    if without_atomic is not None:
        report["atomic_evtx"] = json.loads(without_atomic.read_text("utf-8"))["atomic_evtx"]
    return report


def _golden() -> list[Event]:
    rows = _rows(SAMPLES)
    events = [Event(row["raw"], row.get("sourcetype", ""), host=row.get("host", "")) for row in rows]
    return [event for event in events if parse_and_canonicalise(event)[0].status == "ok"]


def _rows(path: Path) -> list[Any]:
    with open_text(path) as lines:
        return [json.loads(line) for line in lines if line.strip()]
