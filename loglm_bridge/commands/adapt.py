"""`loglm adapt`: a model's thresholds and novelty from a site's own ordinary events. Needs no training library."""

from __future__ import annotations

import argparse
from pathlib import Path

from loglm_bridge.commands.state_dir import add_state_dir
from loglm_bridge.contract.errors import ConfigError
from loglm_bridge.model.folder.model_folder import MANIFEST, ModelFolder
from loglm_bridge.model.registry import default_folder

#: Share of ordinary events that may be called malicious, unless another is named.
_MALICIOUS = 1e-3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `loglm adapt`."""
    parser.description = (
        "Writes a copy of a model whose thresholds and novelty fit a site's ordinary events: events of a normal day, "
        "without labels. At least 2,000 flows or 2,000 other events are needed. The weights stay as they are."
    )
    parser.add_argument("--model", type=Path, metavar="DIR", help="model folder; default: the promoted or shipped one")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the adapted model folder")
    parser.add_argument(
        "--malicious",
        type=_share,
        default=_MALICIOUS,
        metavar="SHARE",
        help=f"share of ordinary events that may be called malicious; default: {_MALICIOUS}",
    )
    add_state_dir(parser)
    parser.add_argument(
        "events",
        nargs="+",
        metavar="FILE",
        help='ordinary events: JSON lines with "raw", and with "time" in epoch seconds for flows; gzip or not',
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Adapt and write the model folder. Raises LogLMError where the model or a file cannot be used."""
    from loglm_bridge.event_files import read_json_events
    from loglm_bridge.lab.adapt import adapt  # numpy and onnxruntime take a second to import
    from loglm_bridge.lab.train.thresholds import Budget

    base = args.model or default_folder()
    _refuse_overwriting(args.out, base)
    events = list(read_json_events(args.events))
    adapted = adapt(ModelFolder.open(base), events, Budget(malicious=args.malicious), args.out)
    print(f"{adapted.id} in {args.out}")
    return 0


def _refuse_overwriting(out: Path, base: Path) -> None:
    """Raise ConfigError unless `out` is new, empty or another model folder: it is removed before it is written."""
    if out.exists() and base.exists() and out.samefile(base):
        raise ConfigError("--out is the model folder to adapt", where=str(out), hint="choose another")
    if out.exists() and not (out.is_dir() and ((out / MANIFEST).exists() or not any(out.iterdir()))):
        raise ConfigError("--out exists and is no model folder", where=str(out), hint="choose another")


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 <= value < 1.0:
        raise argparse.ArgumentTypeError(f"a share from 0 to 1 is wanted, got {text[:40]!r}")
    return value
