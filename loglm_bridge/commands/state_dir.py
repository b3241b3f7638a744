"""The option `--state-dir` of every command that uses the sidecar's token or the promoted models."""

from __future__ import annotations

import argparse

from loglm_bridge.model.state_folder import STATE_VARIABLE, state_folder


def add_state_dir(parser: argparse.ArgumentParser) -> None:
    """Declare the option. `cli.main` sets the variable that it stands for before the command runs."""
    parser.add_argument(
        "--state-dir",
        metavar="DIR",
        # a parser and its sub-parser may both declare it: the one that is not given must not overwrite the other
        default=argparse.SUPPRESS,
        help=(
            "folder of the sidecar's token and of promoted models; also the variable "
            f"{STATE_VARIABLE}; default: {state_folder()}"
        ).replace("%", "%%"),
    )
