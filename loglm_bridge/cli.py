"""The command `loglm`: one parser, one place that turns errors into a sentence and an exit code.

Only the chosen subcommand is imported: `loglm --help` must be quick, and serving must not need what training does.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from loglm_bridge import __version__
from loglm_bridge.contract.errors import ConfigError, LogLMError, ModelRefused
from loglm_bridge.contract.safe_text import one_line

#: Subcommand -> what it does, and the function that declares it: `run(args) -> exit code` among the parser's defaults.
COMMANDS = {
    "demo": ("see it work: sample events through the real sidecar and search command", "demo:add_arguments"),
    "serve": ("run the sidecar", "commands.serve:add_serve"),
    "token": ("print the sidecar's token", "commands.serve:add_token"),
    "label": ("label files of events, without a sidecar", "commands.label:add_arguments"),
    "export-findings": ("write what is flagged as findings of other tools", "commands.export_findings:add_arguments"),
    "bench": ("measure the search command and the sidecar on this machine", "bench:add_arguments"),
    "models": ("list, check, promote and roll back models", "commands.models:add_arguments"),
}

#: Stages of the training pipeline; `loglm_bridge.lab.cli.add_parsers` declares them.
STAGES = {
    "corpus": "training pipeline: raw events to canonical events",
    "pretrain": "training pipeline: tokenizer and event encoder",
    "distil": "training pipeline: the smaller encoder of the profile fast",
    "heads": "training pipeline: heads for techniques and maliciousness, calibration",
    "sequence": "training pipeline: trees of flows, events in context",
    "evaluate": "training pipeline: figures on the validation split, beside the baselines",
    "adapt": "training pipeline: fit the model to a site's own labelled events",
    "export": "training pipeline: write a model folder",
}

#: Exit codes (78 is EX_CONFIG of sysexits.h: a service manager must not restart on it).
OTHER_ERROR, USAGE_ERROR, MODEL_REFUSED, INTERRUPTED = 1, 2, 78, 130

#: Characters of an error's line; long enough for two paths.
_MAX_MESSAGE = 2_000


def main(argv: Sequence[str] | None = None) -> int:
    """Run `loglm` with the arguments (default: the process's own) and return its exit code."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    try:
        args = _parser(arguments).parse_args(arguments)
        code: int = args.run(args)
        sys.stdout.flush()
    except LogLMError as error:
        return _fail(error)
    except BrokenPipeError:
        # whoever read us has seen enough; what is still buffered must not fail again when the interpreter ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except ModuleNotFoundError as error:
        if not arguments or arguments[0] not in STAGES or (error.name or "").startswith("loglm_bridge"):
            raise
        return _fail(
            ConfigError(f"`loglm {arguments[0]}` needs {error.name}", hint="run pip install 'loglm-bridge[lab]'")
        )
    return code


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """Return the parser, complete for the subcommand that the arguments name and with one line for each other one."""
    parser = argparse.ArgumentParser(
        prog="loglm",
        description="A log language model for security telemetry: score, verdict and ATT&CK techniques of any event.",
    )
    parser.add_argument("--version", action="version", version=f"loglm {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    chosen = arguments[0] if arguments else ""
    for name, (text, declared) in COMMANDS.items():
        command = commands.add_parser(name, help=text)
        if name == chosen:
            module, _, function = declared.partition(":")
            getattr(import_module(f"loglm_bridge.{module}"), function)(command)
    if chosen in STAGES:
        import_module("loglm_bridge.lab.cli").add_parsers(commands)
    else:
        for name, text in STAGES.items():
            commands.add_parser(name, help=text)
    return parser


def _fail(error: LogLMError) -> int:
    print("loglm:", one_line(error.user_message(), _MAX_MESSAGE), file=sys.stderr)
    if isinstance(error, ModelRefused):
        return MODEL_REFUSED
    return USAGE_ERROR if isinstance(error, ConfigError) else OTHER_ERROR


if __name__ == "__main__":
    sys.exit(main())
