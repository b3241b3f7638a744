"""What the demo runs: a folder laid out like the installed app, and a sidecar of its own on a free loopback port."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from select import select
from typing import NamedTuple

import loglm_bridge
from loglm_bridge.contract.errors import InputError, LogLMError, ModelRefused, SidecarUnavailable

#: What of the app the search command needs, below the checkout or, in an installed package, below share/loglm_bridge.
APP_FILES = ("bin/loglm.py", "default/loglm.conf")

#: Seconds within which the sidecar must have loaded and tested its model.
START_SECONDS = 120

#: Seconds within which it must have stopped; its own drain takes up to ten.
STOP_SECONDS = 20

_READY = re.compile(r"LogLM sidecar ready on (http://\S+)\s*\Z")
_REFUSED = 78

#: What the names of variables begin with that would configure a process.
_SET_ASIDE = ("LOGLM_", "SPLUNK_", "PYTHONDONTWRITEBYTECODE")


def app_file(name: str) -> Path:
    """Return where a file of the app lies. Raises InputError if it is neither in a checkout nor installed."""
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


def environment(home: Path) -> dict[str, str]:
    """Return the environment of the demo's processes: nothing that would configure them, logs below `home`.

    They keep what they compile, as splunkd's Python does: else each search would compile the app anew.
    """
    (home / "var" / "log" / "splunk").mkdir(parents=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_SET_ASIDE)}
    package = str(Path(loglm_bridge.__file__).parents[1])
    path = os.pathsep.join(p for p in (package, kept.get("PYTHONPATH", "")) if p)
    return {**kept, "PYTHONPATH": path, "SPLUNK_HOME": str(home), "XDG_CONFIG_HOME": str(home / "config")}


class Serving(NamedTuple):
    """A sidecar that takes requests: its address and process id."""

    url: str
    pid: int


@contextmanager
def sidecar(
    folder: Path, model: Path, token_file: Path, env: Mapping[str, str], flags: Sequence[str] = ()
) -> Iterator[Serving]:
    """Run `loglm serve` on a free port until the block ends; yields where once it is ready. `flags` are further ones.

    Raises:
        ModelRefused: the model cannot be served.
        SidecarUnavailable: the sidecar did not start in time, or did not stop as it should.
    """
    log = folder / "sidecar.log"
    command = [sys.executable, "-m", "loglm_bridge.cli", "serve", "--port", "0", "--model", str(model)]
    command += ["--token-file", str(token_file), "--log-file", str(log), *flags]
    with (folder / "sidecar.err").open("w+", encoding="utf-8") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=dict(env))  # noqa: S603
        try:
            yield Serving(_address(process, errors.name), process.pid)
            _stop(process)
        finally:
            process.kill()
            process.communicate()


def _address(process: subprocess.Popen[str], errors: str) -> str:
    assert process.stdout is not None  # noqa: S101 - for the type checker: it is a pipe
    ready, _, _ = select([process.stdout], [], [], START_SECONDS)
    found = _READY.match(process.stdout.readline()) if ready else None
    if found:
        return found[1]
    raise _start_failure(process, Path(errors).read_text(encoding="utf-8", errors="replace"))


def _start_failure(process: subprocess.Popen[str], said: str) -> LogLMError:
    try:
        code: int | None = process.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        code = None
    fallback = f"not ready within {START_SECONDS} s" if code is None else f"exit code {code}"
    # serve's last line is `loglm serve: <what>. <What to do>.`
    line = (said.strip().splitlines() or [fallback])[-1].removeprefix("loglm serve: ").rstrip(".")
    what, _, hint = line.rpartition(". ")
    kind = ModelRefused if code == _REFUSED else SidecarUnavailable
    return kind(f"the sidecar did not start: {what or line}", hint=hint if what else None)


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        code = process.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        raise SidecarUnavailable(f"the sidecar did not stop within {STOP_SECONDS} s of SIGTERM") from None
    if code:
        raise SidecarUnavailable(f"the sidecar stopped with exit code {code}")
