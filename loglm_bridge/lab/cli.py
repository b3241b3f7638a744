"""The training pipeline as subcommands, one for each stage: `loglm corpus`, `pretrain`, `distil`, `heads`, ...

`reproduce.sh` beside this file runs them in order, with the cost of each.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from loglm_bridge.contract.event import Event
from loglm_bridge.knowledge.loader import RULES
from loglm_bridge.lab.data.run_files import read_heads, write_heads
from loglm_bridge.lab.data.sources import open_text
from loglm_bridge.lab.evaluate import evaluate as evaluation
from loglm_bridge.lab.evaluate.model_card import card
from loglm_bridge.lab.export.seal import seal
from loglm_bridge.lab.recipe import SHIPPED, Recipe
from loglm_bridge.lab.run import TrainingRun
from loglm_bridge.model.classifier.heads import Heads
from loglm_bridge.model.folder import model_folder
from loglm_bridge.model.labeller import Labeller
from loglm_bridge.telemetry import parse_and_canonicalise

#: The sample events of this project: the golden events of every model.
SAMPLES = Path(__file__).parents[1] / "samples" / "events.jsonl"

#: Files of the flow trees, in the folder of the heads.
_CONTEXT = (model_folder.FLOW_TREES, model_folder.SEQUENCE_CONFIG)

#: File beside the heads that says which recordings they were trained on.
_DATA_FILE = "heads.trained_on"

#: Its content where the validation recordings were among them, and where they were not.
ALL, TRAINING = "all recordings", "the training recordings alone"


def add_arguments(stage: str, parser: argparse.ArgumentParser) -> None:
    """Declare the options of a stage of the training pipeline."""
    _DECLARE[stage](parser)


def _add_corpus(parser: argparse.ArgumentParser) -> None:
    _add_run(parser)
    _add_data(parser)
    parser.add_argument(
        "--rules", type=Path, default=RULES, metavar="DIR", help="detection content; default: what ships"
    )
    parser.set_defaults(run=_corpus)


def _add_pretrain(parser: argparse.ArgumentParser) -> None:
    _add_run(parser)
    parser.set_defaults(run=_pretrain)


def _add_distil(parser: argparse.ArgumentParser) -> None:
    _add_run(parser)
    parser.set_defaults(run=_distil)


def _add_heads(parser: argparse.ArgumentParser) -> None:
    _add_run(parser)
    _add_heads_folder(parser)
    parser.add_argument(
        "--everything", action="store_true", help="train on the validation recordings too: only for shipping"
    )
    parser.add_argument("--without-atomic", action="store_true", help="leave out the commands of Atomic Red Team")
    parser.add_argument("--leave-out", default="", metavar="SOURCE", help="a source to leave out, so that it is unseen")
    parser.set_defaults(run=_heads)


def _add_sequence(parser: argparse.ArgumentParser) -> None:
    _add_run(parser)
    _add_heads_folder(parser)
    parser.add_argument("--leave-out", default="", metavar="SOURCE", help="a source to leave out")
    parser.set_defaults(run=_sequence)


def _add_evaluate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=Path, required=True, help="a model folder")
    parser.add_argument(
        "--profile", choices=model_folder.PROFILES, default=model_folder.BASE, help="which encoder; default: base"
    )
    _add_data(parser)
    parser.add_argument("--scorer", type=Path, required=True, help="the scorer, score.py")
    parser.add_argument("--recipe", type=Path, default=SHIPPED, help="the recipe of the model")
    parser.add_argument("--exam", type=Path, help="cases with an analyst's answers: the file, and")
    parser.add_argument("--examiner", type=Path, help="the script that scores them, exam.py")
    parser.add_argument("--out", type=Path, required=True, help="folder for predictions.jsonl and report.json")
    parser.set_defaults(run=_evaluate)


def _add_export(parser: argparse.ArgumentParser) -> None:
    _add_run(parser)
    _add_heads_folder(parser)
    parser.add_argument("--out", type=Path, required=True, help="the model folder to write")
    parser.add_argument("--report", type=Path, help="report.json of `loglm evaluate`, for the model card")
    parser.add_argument(
        "--atomic-report", type=Path, help="report.json of a model --without-atomic, for the rows of atomic_evtx"
    )
    parser.set_defaults(run=_export)


_DECLARE: dict[str, Callable[[argparse.ArgumentParser], None]] = {
    "corpus": _add_corpus,
    "pretrain": _add_pretrain,
    "distil": _add_distil,
    "heads": _add_heads,
    "sequence": _add_sequence,
    "evaluate": _add_evaluate,
    "export": _add_export,
}


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--run", dest="folder", type=Path, required=True, help="the run folder: stages leave files there"
    )
    parser.add_argument("--recipe", type=Path, default=SHIPPED, help="a recipe (default: the shipped model's)")


def _add_heads_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--heads", type=Path, help="folder of the heads (default: the run folder)")


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="the folder of training data")
    parser.add_argument("--split", type=Path, required=True, help="validation.json: recordings kept for validation")


def _run_of(args: argparse.Namespace) -> TrainingRun:
    return TrainingRun(args.folder, Recipe.read(args.recipe))


def _corpus(args: argparse.Namespace) -> int:
    corpus, examples = _run_of(args).corpus(args.data, args.split, args.rules)
    print(f"{len(corpus.events)} events, {len(corpus.canonicals)} distinct canonical, {len(examples)} weak examples")
    return 0


def _pretrain(args: argparse.Namespace) -> int:
    _run_of(args).pretrain()
    print(f"encoder in {args.folder / 'pretrain.pt'}")
    return 0


def _distil(args: argparse.Namespace) -> int:
    errors = _run_of(args).distil()
    print(f"mean squared error of each epoch, in units of the spread: {', '.join(f'{error:.4f}' for error in errors)}")
    return 0


def _heads(args: argparse.Namespace) -> int:
    heads = _run_of(args).heads(args.everything, not args.without_atomic, args.leave_out)
    folder = args.heads or args.folder
    folder.mkdir(parents=True, exist_ok=True)
    write_heads(folder, heads)
    (folder / _DATA_FILE).write_text(ALL if args.everything else TRAINING)
    print(f"{len(heads.config.techniques)} techniques; malicious from {_thresholds(heads)}")
    return 0


def _thresholds(heads: Heads) -> str:
    scales = heads.config.scales.items()
    return ", ".join(f"{scale.malicious:.2f} ({family or 'other'})" for family, scale in scales)


def _sequence(args: argparse.Namespace) -> int:
    folder = args.heads or args.folder
    everything = (folder / _DATA_FILE).read_text() == ALL
    trees, config = _run_of(args).sequence(everything, args.leave_out)
    (folder / model_folder.FLOW_TREES).write_bytes(trees)
    (folder / model_folder.SEQUENCE_CONFIG).write_text(json.dumps(config.to_dict(), indent=1) + "\n", encoding="utf-8")
    print(f"flows: malicious from {config.flows.scale.malicious:.2f}")
    return 0


def _evaluate(args: argparse.Namespace) -> int:
    labeller = Labeller.load(args.model, profile=args.profile)
    ordinary = Recipe.read(args.recipe).ordinary_validation
    exam = (args.exam, args.examiner) if args.exam and args.examiner else None
    print(evaluation.table(evaluation.evaluate(labeller, args.data, args.split, args.scorer, args.out, ordinary, exam)))
    return 0


def _export(args: argparse.Namespace) -> int:
    run, folder = _run_of(args), args.heads or args.folder
    heads = read_heads(folder)
    report = _read_reports(args.report, args.atomic_report)
    data = (folder / _DATA_FILE).read_text()
    sealed = seal(
        args.out,
        run.tokenizer_file,
        run.encoders(),
        heads,
        run.rule_matcher(),
        run.neighbours(data == ALL),
        {n: (folder / n).read_bytes() for n in _CONTEXT if (folder / n).exists()},
        _golden_events(),
        card(run.recipe, run.counts(heads), report, data),
        run.recipe.name,
        run.recipe.version,
        {"metrics": report, "data": data} if report else {"data": data},
    )
    print(f"{sealed.id} in {args.out}, {sum(map(len, sealed.files.values())) / 1e6:.1f} MB")
    return 0


def _read_reports(scored: Path | None, without_atomic: Path | None) -> dict[str, Any] | None:
    if scored is None:
        return None
    report: dict[str, Any] = json.loads(scored.read_text("utf-8"))
    if without_atomic is not None:
        report["atomic_evtx"] = json.loads(without_atomic.read_text("utf-8"))["atomic_evtx"]
    return report


def _golden_events() -> list[Event]:
    with open_text(SAMPLES) as lines:
        rows = [json.loads(line) for line in lines if line.strip()]
    events = [Event(row["raw"], row.get("sourcetype", ""), host=row.get("host", "")) for row in rows]
    return [event for event in events if parse_and_canonicalise(event)[0].status == "ok"]
