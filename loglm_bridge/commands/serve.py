"""`loglm serve` and `loglm token`: the sidecar's settings as flags."""

from __future__ import annotations

import argparse

from loglm_bridge.sidecar import config


def add_serve(parser: argparse.ArgumentParser) -> None:
    """Declare `loglm serve`."""
    parser.description = (
        "Runs the sidecar until SIGTERM. Every flag is also a variable (--queue-events: LOGLM_QUEUE_EVENTS) and a key "
        "of the settings file; flags win, then variables. Prints its address once requests are taken."
    )
    config.add_arguments(parser)
    parser.set_defaults(run=_serve)


def add_token(parser: argparse.ArgumentParser) -> None:
    """Declare `loglm token`."""
    parser.description = "Prints the token that `loglm serve` made at its first start, to be saved in Splunk."
    config.add_arguments(parser, ["token_file"])
    parser.set_defaults(run=_token)


def _serve(args: argparse.Namespace) -> int:
    from loglm_bridge.sidecar.server import serve  # uvicorn and starlette: not for --help

    return serve(config.from_args(args))


def _token(args: argparse.Namespace) -> int:
    from loglm_bridge.sidecar.http.token import read_token

    print(read_token(config.from_args(args).token_file))
    return 0
