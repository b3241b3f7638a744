"""`loglm demo`: sample events through the real sidecar process and the real search command."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from loglm_bridge.contract.notable import Notable
from loglm_bridge.contract.stash_format import json_fields, stash_line
from loglm_bridge.demo import report
from loglm_bridge.demo.findings import notables_of
from loglm_bridge.demo.report import LabelledRow
from loglm_bridge.demo.samples import Sample, read_samples
from loglm_bridge.demo.search import run_search
from loglm_bridge.harness.app_folder import make_app, process_environment
from loglm_bridge.harness.sidecar_process import exit_on_sigterm, sidecar
from loglm_bridge.harness.splunkd import SearchError

#: Width of the output where it does not go to a terminal.
_WIDTH = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `loglm demo`."""
    parser.description = (
        "Starts the sidecar with the shipped model on a free loopback port, drives the search command with sample "
        "events as splunkd would, and prints the labelled rows and the notable events. Needs no Splunk and no network."
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object: rows, notables, summary")
    parser.add_argument("--model", type=Path, metavar="DIR", help="model folder; default: the shipped one")
    parser.add_argument(
        "--keep", action="store_true", help="keep the folder of the app and the logs, and print its path"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the demo and print its outcome. Raises LogLMError where a part fails."""
    from loglm_bridge.model.registry import Registry

    exit_on_sigterm()
    with _work_folder(keep=args.keep) as folder:
        outcome = label(read_samples(), folder, args.model or Registry.of_user().shipped_folder())
    check(outcome.labelled)
    for line in _json(outcome) if args.json else _text(outcome):
        print(line)
    return 0


@dataclass(frozen=True)
class Outcome:
    """The labelled rows in the order of the samples, the messages and seconds of the search, and the notables."""

    labelled: Sequence[LabelledRow]
    messages: Sequence[str]
    seconds: float
    notables: Sequence[Notable]

    @property
    def summary(self) -> str:
        """Counts and speed in one line."""
        return report.summary(self.labelled, len(self.notables), self.seconds)


def label(samples: Sequence[Sample], folder: Path, model: Path) -> Outcome:
    """Label samples with a sidecar and a search command of their own, whose files go to `folder`.

    Raises:
        LogLMError: a part could not be started, or failed.
    """
    env, token_file = process_environment(folder / "splunk"), folder / "token"
    with sidecar(folder, model, token_file, env) as running:
        app = make_app(folder / "app", running.url, token_file)
        command, began = [sys.executable, str(app / "bin" / "loglm.py")], time.monotonic()
        rows, messages = run_search(command, [], [sample.row() for sample in samples], env)
        seconds = time.monotonic() - began
        notables = notables_of(rows, app)
    labelled = [LabelledRow(sample, row) for sample, row in zip(samples, rows, strict=True)]
    return Outcome(labelled, messages, seconds, notables)


def check(labelled: Sequence[LabelledRow]) -> None:
    """Raise SearchError unless every readable sample has a verdict."""
    for one in labelled:
        status, detail = one.text("loglm_status"), one.text("loglm_detail")
        if status not in ("ok", "empty", "unparsed") or (status != "ok" and one.sample.kind != "broken"):
            raise SearchError(
                f"event {one.sample.id} came back with status {status or 'none'}: {detail or 'no reason'}"
            )
        if status == "ok" and not (one.text("loglm_verdict") and one.text("loglm_score")):
            raise SearchError(f"event {one.sample.id} has the status ok and no verdict or score")


def _text(outcome: Outcome) -> Iterator[str]:
    terminal = sys.stdout.isatty()
    width = max(60, shutil.get_terminal_size((_WIDTH, 50)).columns) if terminal else _WIDTH
    yield from ("index=demo | loglm", "")
    yield from report.table(outcome.labelled, width, colours=terminal and not os.environ.get("NO_COLOR"))
    yield from ("", f"Notable events that the alert action would write ({len(outcome.notables)}):", "")
    yield from report.notable_list(outcome.notables, width)
    yield ""
    yield from (f"Message of the search: {text}" for text in outcome.messages)
    yield f"Model: {outcome.labelled[0].text('loglm_model')}"
    yield outcome.summary
    yield from textwrap.wrap(report.MEANING, min(width, 120))


def _json(outcome: Outcome) -> Iterator[str]:
    rows = [
        {"id": one.sample.id, "what": one.sample.what, **{k: v for k, v in one.row.items() if k.startswith("loglm_")}}
        for one in outcome.labelled
    ]
    written = [{**json_fields(one), "stash": stash_line(one)} for one in outcome.notables]
    rest = {"messages": list(outcome.messages), "summary": outcome.summary, "meaning": report.MEANING}
    yield json.dumps({"rows": rows, "notables": written, **rest}, indent=1)


@contextmanager
def _work_folder(*, keep: bool) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="loglm-demo-"))
    try:
        yield folder
    finally:
        if keep:
            print(f"loglm: the demo's files are in {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)
