"""`loglm bench`: the speed and memory of this machine, each figure beside its baseline of the same run.

Figures of a busy machine vary by a factor of two; ratios of runs side by side vary less. Every figure is the median of
interleaved rounds, every ratio the median of the ratios of the rounds.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from loglm_bridge.bench.comparison import Figure
from loglm_bridge.bench.environment import Environment
from loglm_bridge.bench.measurements import (
    cold_events,
    command,
    growth,
    latency,
    memory,
    scaling,
    startup,
    throughput,
)
from loglm_bridge.bench.reporting.results import Results
from loglm_bridge.bench.workload import streams
from loglm_bridge.bench.workload.streams import Stream
from loglm_bridge.contract.errors import ConfigError, InputError
from loglm_bridge.demo.samples import read_samples
from loglm_bridge.harness.app_folder import process_environment
from loglm_bridge.harness.sidecar_process import exit_on_sigterm

#: Part -> what yields its figures. `soak` and `growth` yield more than figures.
PARTS: Mapping[str, Callable[[Environment], Iterator[Figure]]] = {
    "command": command.measure,
    "sidecar": throughput.measure,
    "minilm": cold_events.measure,
    "latency": latency.measure,
    "start": startup.measure,
    "memory": memory.measure,
    "cores": scaling.measure,
}

#: The parts that run by default: a few minutes.
QUICK = ("command", "sidecar", "minilm", "latency", "start", "memory")

ALL = (*PARTS, "soak", "growth")

#: Events of the long run without --soak, in rounds.
_SOAK_ROUNDS = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `loglm bench`."""
    parser.description = (
        "Measures the search command and the sidecar on streams of events, each figure beside its baseline of the "
        "same run: a splunklib command that returns its rows as they are, or a general sentence encoder. Needs no "
        "Splunk and no network."
    )
    parser.add_argument("files", nargs="*", metavar="FILE", help="events of one more stream, repeated again and again")
    parser.add_argument(
        "--by",
        type=_fields,
        default=(),
        metavar="FIELD,...",
        help="read the files' events by these fields, as | loglm by=",
    )
    parser.add_argument("--events", type=_count, default=10_000, metavar="N", help="events of a round (default: 10000)")
    parser.add_argument("--rounds", type=_count, default=3, metavar="N", help="rounds (default: 3)")
    parser.add_argument("--only", type=_parts, metavar="PART,...", help=f"of {', '.join(ALL)}, or all")
    parser.add_argument("--soak", type=_count, metavar="N", help="let N events pass through one sidecar as well")
    parser.add_argument("--plots", type=Path, metavar="DIR", help="write plots of what grows here as well")
    parser.add_argument("--model", type=Path, metavar="DIR", help="model folder; default: the promoted or shipped one")
    parser.add_argument("--profile", default="", metavar="NAME", help="profile of `loglm serve`; default: its own")
    parser.add_argument(
        "--pin",
        action="store_true",
        help="keep each sidecar to one processor, as CPUAffinity= in its unit does",
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="write all that was measured here as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Measure and print. Raises LogLMError where a part fails."""
    from loglm_bridge.model.registry import default_folder

    parts = args.only or QUICK
    parts += tuple(n for n, wanted in (("soak", args.soak), ("growth", args.plots)) if wanted and n not in parts)
    _check_out(args.out)
    exit_on_sigterm()
    with tempfile.TemporaryDirectory(prefix="loglm-bench-") as name:
        folder, streams_by_name = Path(name), _streams(args.files, args.events, args.by)
        environment = Environment(
            folder, args.model or default_folder(), args.profile, streams_by_name, args.events, args.rounds,
            process_environment(folder / "splunk"), args.pin,
        )  # fmt: skip
        results = Results(environment, args.out)
        for part in parts:
            if part == "growth":
                results.curves(growth.measure(environment), args.plots)
            elif part == "soak":
                results.soak(*memory.soak(environment, args.soak or _SOAK_ROUNDS * args.events))
            else:
                results.figures(PARTS[part](environment))
    return 0


def _streams(files: Sequence[str], events: int, by: Sequence[str]) -> dict[str, Stream]:
    samples = [sample.event for sample in read_samples() if sample.kind != "broken"]
    chosen = [streams.repeating("samples", samples), streams.distinct(), streams.flows()]
    if files:
        base = streams.events_of(files, min(events, streams.PASS), by)
        if not base:
            raise InputError("no events in them", where=", ".join(files), hint="name files that hold events")
        chosen.insert(0, streams.repeating("files", base, streams.ENTITY if by else ""))
    return {stream.name: stream for stream in chosen}


def _check_out(out: Path | None) -> None:
    """Refuse a file that cannot be written, before minutes are spent on measuring."""
    if out is not None:
        try:
            out.touch()
        except OSError as error:
            raise ConfigError(f"--out cannot be written: {error.strerror}", where=str(out)) from error


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 1e9):
        raise argparse.ArgumentTypeError(f"a whole number above zero is wanted, got {text[:40]!r}")
    return int(text)


def _fields(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _parts(text: str) -> tuple[str, ...]:
    names = ALL if text == "all" else tuple(dict.fromkeys(text.split(",")))
    unknown = [name for name in names if name not in ALL]
    if unknown:
        raise argparse.ArgumentTypeError(f"there is no part {unknown[0][:40]!r}; they are {', '.join(ALL)}")
    return names
