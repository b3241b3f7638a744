"""`loglm demo`: the main job on an embedded default, with the real sidecar process and the real search command."""

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
from loglm_bridge.demo import report, stage
from loglm_bridge.demo.findings import notables_of
from loglm_bridge.demo.report import Labelled
from loglm_bridge.demo.samples import Sample, read_samples
from loglm_bridge.demo.splunkd import SearchError, run_search

#: Width of what is printed where no terminal says its own.
_WIDTH = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `loglm demo`."""
    parser.description = (
        "Starts the sidecar with the shipped model on a free loopback port, drives the search command with sample "
        "events as splunkd would, and prints the labelled rows and the notable events. Needs no Splunk and no network."
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object: rows, notables, summary")
    parser.add_argument("--model", type=Path, metavar="DIR", help="model folder; default: the shipped one")
    parser.add_argument("--keep", action="store_true", help="keep the folder with the app and the logs, and name it")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the demo and print it. Raises LogLMError where any part does not do its work."""
    from loglm_bridge.model.registry import Registry

    with _folder(keep=args.keep) as folder:
        outcome = label(read_samples(), folder, args.model or Registry.of_user().shipped_folder())
    _check(outcome.labelled)
    for line in _json(outcome) if args.json else _text(outcome):
        print(line)
    return 0


@dataclass(frozen=True)
class Outcome:
    """What came of the samples: the labelled rows in order, the search's messages and seconds, the notables."""

    labelled: Sequence[Labelled]
    messages: Sequence[str]
    seconds: float
    notables: Sequence[Notable]

    @property
    def summary(self) -> str:
        """Counts and speed in one line."""
        return report.summary(self.labelled, len(self.notables), self.seconds)


def label(samples: Sequence[Sample], folder: Path, model: Path) -> Outcome:
    """Label samples with a sidecar and a search command of their own, whose files lie in `folder`.

    Raises:
        LogLMError: a part could not be started, or did not do what it should.
    """
    env, token_file = stage.environment(folder / "splunk"), folder / "token"
    with stage.sidecar(folder, model, token_file, env) as serving:
        app = stage.make_app(folder / "app", serving.url, token_file)
        command, began = [sys.executable, str(app / "bin" / "loglm.py")], time.monotonic()
        rows, messages = run_search(command, [], [sample.row() for sample in samples], env)
        seconds = time.monotonic() - began
        notables = notables_of(rows, app)
    labelled = [Labelled(sample, row) for sample, row in zip(samples, rows, strict=True)]
    return Outcome(labelled, messages, seconds, notables)


def _check(labelled: Sequence[Labelled]) -> None:
    """Refuse an outcome that a user would not accept from the installed product."""
    for one in labelled:
        status, detail = one.text("loglm_status"), one.text("loglm_detail")
        if status not in ("ok", "empty", "unparsed") or (status != "ok" and one.sample.kind != "broken"):
            raise SearchError(
                f"event {one.sample.id} was answered with status {status or 'none'}: {detail or 'no reason'}"
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
    said = {"messages": list(outcome.messages), "summary": outcome.summary, "meaning": report.MEANING}
    yield json.dumps({"rows": rows, "notables": written, **said}, indent=1)


@contextmanager
def _folder(*, keep: bool) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="loglm-demo-"))
    try:
        yield folder
    finally:
        if keep:
            print(f"loglm: the demo's files are in {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)
