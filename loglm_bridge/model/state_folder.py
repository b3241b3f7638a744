"""The state folder: it holds the sidecar's token and the promoted models, and every command looks for it here."""

from __future__ import annotations

import os
from pathlib import Path

#: Names the state folder; `--state-dir` sets it for one run.
STATE_VARIABLE = "LOGLM_STATE_DIR"


def state_folder() -> Path:
    """Return `$LOGLM_STATE_DIR`, else the folder `loglm` below the XDG state folder.

    The latter is ~/.local/state/loglm by default (https://specifications.freedesktop.org/basedir-spec/).
    """
    named = os.environ.get(STATE_VARIABLE, "")
    if named:
        # expanduser of os.path never raises: an unknown home stays as it is written
        return Path(os.path.expanduser(named)).absolute()  # noqa: PTH111
    return xdg_folder("XDG_STATE_HOME", "~/.local/state", "/var/lib")


def xdg_folder(variable: str, of_user: str, of_system: str) -> Path:
    """Return the folder `loglm` below an XDG base folder; below `of_system` for an account without a home."""
    base = os.environ.get(variable, "")
    try:
        # the specification says that a path which is not absolute must be ignored
        return (Path(base) if base.startswith("/") else Path(of_user).expanduser()) / "loglm"
    except RuntimeError:  # an account without a home
        return Path(of_system) / "loglm"
