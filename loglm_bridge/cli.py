"""The command `loglm`: one parser, and one function that turns an error into a sentence and an exit code.

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

#: Subcommand -> its help text, and the function that declares its arguments and sets `run(args) -> exit code`.
COMMANDS = {
    "demo": ("see it work: sample events through the real sidecar and search command", "demo:add_arguments"),
    "serve": ("run the sidecar", "commands.serve:add_serve"),
    "token": ("print the sidecar's token", "commands.serve:add_token"),
    "label": ("label files of events, without a sidecar", "commands.label:add_arguments"),
    "inspect": ("show how events are read", "commands.inspect:add_arguments"),
    "export-findings": ("write malicious events as findings of other tools", "commands.export_findings:add_arguments"),
    "bench": ("measure the search command and the sidecar on this machine", "bench:add_arguments"),
    "models": ("list, check, promote and roll back models", "commands.models:add_arguments"),
    "knowledge": ("check, count and render detection rules with examples", "commands.knowledge:add_arguments"),
    "adapt": ("fit thresholds and novelty to a site's own ordinary events", "commands.adapt:add_arguments"),
}

#: Stage of the training pipeline -> its help text; `loglm_bridge.lab.cli.add_arguments` declares its arguments.
STAGES = {
    "corpus": "raw events to canonical events, backgrounds and weak examples",
    "pretrain": "tokenizer and event encoder, from canonical events",
    "distil": "the smaller event encoder of the profile fast",
    "heads": "heads for techniques and maliciousness, calibration",
    "sequence": "trees of flows, for events in context",
    "evaluate": "metrics on the validation split, beside the baselines",
    "export": "a model folder from a training run",
}

#: Exit codes. 78 is EX_CONFIG of sysexits.h: a service manager must not restart on it.
OTHER_ERROR, USAGE_ERROR, MODEL_REFUSED, INTERRUPTED = 1, 2, 78, 130

_EXIT_CODES = (
    "Exit codes: 0 success; 1 an error of input, files or training; 2 wrong usage or a setting that cannot be used; "
    "70 the sidecar's model failed and could not be restarted; 78 the model folder was refused; 130 interrupted."
)

#: Characters of an error's line; long enough for two paths.
_MAX_MESSAGE = 2_000


def main(argv: Sequence[str] | None = None) -> int:
    """Run `loglm` with the arguments (default: the process's own) and return its exit code."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    try:
        args = _parser(arguments).parse_args(arguments)
        _set_state_folder(args)
        code: int = args.run(args)
        sys.stdout.flush()
    except LogLMError as error:
        return _fail(error)
    except BrokenPipeError:
        # the reader has gone; what is still buffered must not fail again when the interpreter ends
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
        epilog=_EXIT_CODES,
    )
    parser.add_argument("--version", action="version", version=f"loglm {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    chosen = arguments[0] if arguments else ""
    for name, (text, declared) in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=text)
        if name == chosen:
            module, _, function = declared.partition(":")
            getattr(import_module(f"loglm_bridge.{module}"), function)(command)
    for name, text in STAGES.items():
        stage = commands.add_parser(name, help=f"training pipeline: {text}", description=text)
        if name == chosen:
            import_module("loglm_bridge.lab.cli").add_arguments(name, stage)
    return parser


def _set_state_folder(args: argparse.Namespace) -> None:
    """Give `--state-dir` to this process and its children as the variable that the flag stands for."""
    if getattr(args, "state_dir", None):
        from loglm_bridge.model.state_folder import STATE_VARIABLE

        os.environ[STATE_VARIABLE] = args.state_dir


def _fail(error: LogLMError) -> int:
    print("loglm:", one_line(error.user_message(), _MAX_MESSAGE), file=sys.stderr)
    if isinstance(error, ModelRefused):
        return MODEL_REFUSED
    return USAGE_ERROR if isinstance(error, ConfigError) else OTHER_ERROR


if __name__ == "__main__":
    sys.exit(main())
