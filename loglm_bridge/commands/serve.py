"""`loglm serve` and `loglm token`: the sidecar's settings as flags."""

from __future__ import annotations

import argparse

from loglm_bridge.commands.state_dir import add_state_dir
from loglm_bridge.sidecar import config


def add_serve(parser: argparse.ArgumentParser) -> None:
    """Declare `loglm serve`."""
    parser.description = (
        "Runs the sidecar until SIGTERM. Prints its address once requests are taken. A flag is also a variable "
        "(--queue-events: LOGLM_QUEUE_EVENTS) and, but for --state-dir and --config, a key of the settings file. "
        "Flags win over variables, variables over the file."
    )
    parser.epilog = (
        "Exit codes: 0 stopped as asked; 2 a setting cannot be used; 70 the model failed and could not be restarted; "
        "78 the model folder was refused. On 2 and 78 a restart does not help."
    )
    add_state_dir(parser)
    config.add_arguments(parser)
    parser.set_defaults(run=_serve)


def add_token(parser: argparse.ArgumentParser) -> None:
    """Declare `loglm token`."""
    parser.description = (
        "Prints the token that `loglm serve` created at its first start, to be saved in Splunk. "
        "Name the service's state folder where the sidecar runs as another account."
    )
    add_state_dir(parser)
    config.add_arguments(parser, ["token_file"])
    parser.set_defaults(run=_token)


def _serve(args: argparse.Namespace) -> int:
    from loglm_bridge.sidecar.server import serve  # uvicorn and starlette: not for --help

    return serve(config.from_args(args))


def _token(args: argparse.Namespace) -> int:
    from loglm_bridge.sidecar.http.token import read_token

    print(read_token(config.from_args(args).token_file))
    return 0
