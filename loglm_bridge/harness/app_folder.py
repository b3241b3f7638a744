"""A folder laid out like the installed app, and the environment of the processes that use it."""

from __future__ import annotations

import os
import shutil
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

import loglm_bridge
from loglm_bridge.contract.errors import InputError

#: The files of the app that the search command needs. In an installed package they lie below share/loglm_bridge.
APP_FILES = ("bin/loglm.py", "default/loglm.conf")

#: Prefixes of environment variables that would configure a process.
_CONFIGURING = ("LOGLM_", "SPLUNK_", "PYTHONDONTWRITEBYTECODE")


def app_file(name: str) -> Path:
    """Return the path of a file of the app. Raises InputError if it is neither in a checkout nor installed."""
    checkout = Path(loglm_bridge.__file__).parents[1] / name
    if checkout.is_file():
        return checkout
    try:
        installed = files("loglm-bridge") or []
    except PackageNotFoundError:
        installed = []
    for path in installed:
        if path.as_posix().endswith(f"share/loglm_bridge/{name}"):
            return Path(str(path.locate()))
    raise InputError(
        "a part of the app is missing", where=name, hint="install loglm-bridge again or run from a checkout"
    )


def make_app(folder: Path, url: str, token_file: Path) -> Path:
    """Lay out the app in `folder`, configured for a sidecar as an administrator would: in local/loglm.conf."""
    for name in APP_FILES:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(app_file(name), target)
    local = folder / "local" / "loglm.conf"
    local.parent.mkdir()
    local.write_text(f"[sidecar]\nurl = {url}\ntoken_file = {token_file}\n", encoding="utf-8")
    return folder


def process_environment(home: Path) -> dict[str, str]:
    """Return the environment for processes of the product: this package, logs below `home`, no configuration.

    Python may write byte code, as splunkd's Python does: otherwise each search would compile the app again.
    """
    (home / "var" / "log" / "splunk").mkdir(parents=True)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_CONFIGURING)}
    package = str(Path(loglm_bridge.__file__).parents[1])
    path = os.pathsep.join(p for p in (package, inherited.get("PYTHONPATH", "")) if p)
    return {**inherited, "PYTHONPATH": path, "SPLUNK_HOME": str(home), "XDG_CONFIG_HOME": str(home / "config")}
