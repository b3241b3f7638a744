"""`loglm bench`: what a machine can do, each figure beside that of a pass-through command in the same run.

Figures of a busy machine vary by a factor of two; ratios of runs side by side vary less. Every figure is the median of
interleaved rounds.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from loglm_bridge.bench import paths, streams
from loglm_bridge.contract.event import Event
from loglm_bridge.demo import stage
from loglm_bridge.demo.samples import read_samples
from loglm_bridge.event_lines import read_items
from loglm_bridge.label import cores

#: Events of one request whose latency is told.
REQUEST = 100

Figures = dict[str, Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `loglm bench`."""
    parser.description = (
        "Measures the search command and the sidecar on streams of events, beside a splunklib command that returns "
        "its rows as they are. Needs no Splunk and no network."
    )
    parser.add_argument("files", nargs="*", metavar="FILE", help="events of the repeating stream; default: the samples")
    parser.add_argument("--events", type=int, default=20_000, metavar="N", help="events of a round (default: 20000)")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="rounds (default: 3)")
    parser.add_argument("--model", type=Path, metavar="DIR", help="model folder; default: the promoted or shipped one")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the figures here as JSON as well")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Measure and print. Raises LogLMError where a part does not do its work."""
    from loglm_bridge.model.registry import default_folder

    with tempfile.TemporaryDirectory(prefix="loglm-bench-") as name:
        found = measure(Path(name), args.model or default_folder(), _streams(args), args.rounds)
    print("\n".join(table(found)))
    if args.out:
        args.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0


def measure(folder: Path, model: Path, told: Mapping[str, Sequence[Event]], rounds: int) -> Figures:
    """Return the figures of every stream: rates in events a second, latencies in seconds."""
    env, token_file = stage.environment(folder / "splunk"), folder / "token"
    with stage.sidecar(folder, model, token_file, env) as url:
        app = stage.make_app(folder / "app", url, token_file)
        sidecar = paths.Sidecar(url, token_file.read_text().strip())
        commands = {"pass-through": _program(Path(paths.__file__).with_name("passthrough.py"))}
        commands["| loglm"] = _program(app / "bin" / "loglm.py")
        rows = {name: _stream(events, commands, sidecar, rounds, env) for name, events in told.items()}
    return {"machine": {"cores": cores(), "python": platform.python_version()}, "streams": rows}


def table(found: Figures) -> Iterator[str]:
    """Yield the figures as lines of a Markdown table."""
    yield f"{found['machine']['cores']} cores, Python {found['machine']['python']}; events a second, medians"
    yield ""
    head = ("stream", "events", "distinct raw / canonical", "pass-through", r"\| loglm", "ratio", "sidecar, first")
    yield f"| {' | '.join(head)} | again | p50 / p99 |"
    yield "|---" * (len(head) + 2) + "|"
    for name, row in found["streams"].items():
        raw, forms = row["distinct"]
        p50, p99 = (f"{1000 * seconds:.0f} ms" for seconds in row["latency"])
        rates = (row["pass-through"], row["| loglm"], row["ratio"], row["sidecar first"], row["sidecar again"])
        shown = [f"{rate:,.0f}" if rate >= 10 else f"{rate:.2f}" for rate in rates]
        yield f"| {name} | {row['events']:,} | {raw:.2f} / {forms:.2f} | {' | '.join(shown)} | {p50} / {p99} |"


def _streams(args: argparse.Namespace) -> dict[str, list[Event]]:
    if args.files:
        base = [item.event for item in read_items(args.files) if item.event is not None and item.event.raw.strip()]
    else:
        base = [sample.event for sample in read_samples() if sample.kind != "broken"]
    return {
        "repeating": list(streams.repeating(base, args.events)),
        "distinct": list(streams.distinct(max(1, args.events // 5))),
        "flows by=entity": list(streams.flows(args.events)),
    }


def _stream(
    events: Sequence[Event],
    commands: Mapping[str, Sequence[str]],
    sidecar: paths.Sidecar,
    rounds: int,
    env: Mapping[str, str],
) -> Figures:
    together = bool(events[0].entity)
    first = sidecar.rate(events, together)
    rates: dict[str, list[float]] = {name: [] for name in (*commands, "sidecar again")}
    for _ in range(rounds):
        for name, command in commands.items():
            args = ["by=entity"] if together and name == "| loglm" else []
            rates[name].append(paths.search(command, args, events, env))
        rates["sidecar again"].append(sidecar.rate(events, together))
    seconds = sidecar.latencies(events, REQUEST)
    pairs = zip(rates["| loglm"], rates["pass-through"], strict=True)
    return {
        "events": len(events),
        "distinct": streams.shares(events),
        **{name: median(found) for name, found in rates.items()},
        "ratio": median(ours / theirs for ours, theirs in pairs),
        "sidecar first": first,
        "latency": [seconds[int(share * (len(seconds) - 1))] for share in (0.5, 0.99)],
    }


def _program(script: Path) -> list[str]:
    return [sys.executable, str(script)]
