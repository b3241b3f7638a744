"""Promote and roll back model folders: the shipped one, or one promoted on this machine.

A promoted folder is copied and tested before the pointer names it. The pointer is one small file that is replaced
atomically, so a reader gets either the old model or the new one.

    <state>/models/<name>-<version>-<sha256, 12 digits>/   verified copies, never changed
    <state>/models/active.json                             {"history": [folder names, the active one last]}

<state> is the folder that `state_folder` names.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from loglm_bridge.contract.errors import InputError, LogLMError, ModelFailed, ModelRefused
from loglm_bridge.model.folder.model_folder import MANIFEST, SIGNATURE, ModelFolder
from loglm_bridge.model.state_folder import state_folder

#: Folder of the package that holds the shipped model.
SHIPPED = Path(__file__).parents[1] / "models"

POINTER = "active.json"

#: Maximum models that a rollback can return to; older copies stay on disk.
MAX_HISTORY = 20

#: Prefix of what is being written.
_STAGING = ".new-"

_NOT_IN_NAME = re.compile(r"[^A-Za-z0-9._]+")
_FOLDER = re.compile(r"\A[A-Za-z0-9_][A-Za-z0-9._-]*\Z")


@dataclass(frozen=True)
class ListedModel:
    """A shipped or promoted model folder. `refusal` is why it may not be served, None for a valid folder."""

    path: Path
    folder: ModelFolder | None
    refusal: str | None
    active: bool
    shipped: bool


@dataclass(frozen=True)
class Registry:
    """The models of one user: `home` holds the promoted copies, `shipped` the folder that came with the package."""

    home: Path
    shipped: Path = SHIPPED

    @classmethod
    def of_user(cls) -> Registry:
        """Return the registry of the user that runs this process."""
        return cls(state_folder() / "models")

    def shipped_folder(self) -> Path:
        """Return the shipped model's folder. Raises ModelRefused unless there is exactly one."""
        folders = sorted(path.parent for path in self.shipped.glob(f"*/{MANIFEST}"))
        if len(folders) != 1:
            raise ModelRefused(
                f"{len(folders) or 'no'} models where one is shipped", where=str(self.shipped), hint="install again"
            )
        return folders[0]

    def active(self) -> Path:
        """Return the folder that is served by default. Loading verifies it, this does not.

        Raises:
            ModelRefused: the pointer is damaged or names no folder; another model is not served in its place.
        """
        history = self._history()
        if not history:
            return self.shipped_folder()
        path = self.home / history[-1]
        if not path.is_dir():
            raise ModelRefused("the promoted model is missing", where=str(path), hint="run `loglm models rollback`")
        return path

    def list_models(self) -> list[ListedModel]:
        """Return the shipped folder and all promoted copies, each verified."""
        active = self.active()
        copies = [path for path in self.home.glob("*") if _FOLDER.match(path.name) and path.is_dir()]
        paths = [self.shipped_folder(), *sorted(copies)]
        return [_listed(path, path == active, path.parent == self.shipped) for path in paths]

    def promote(self, path: Path) -> Path:
        """Copy a model folder, test the copy (`check`), make it the active one and return its path.

        Promoting the active model again changes nothing.

        Raises:
            ModelRefused: the folder does not match its manifest, or the model fails its self-test.
            InputError: the copy or the pointer cannot be written.
        """
        folder = ModelFolder.open(path)
        name = "-".join(_safe_name(part) for part in (folder.id.name, folder.id.version, folder.id.sha256[:12]))
        target = self.home / name
        with self._reporting_write_errors(), self._alone():
            if _refusal(target) is None:
                check(target)
            else:
                self._install(folder, target)
            self._write_pointer([*(n for n in self._history() if n != name), name])
        return target

    def rollback(self) -> Path:
        """Make the previous model that is still valid the active one, in the end the shipped one; return its path.

        Raises:
            InputError: nothing was promoted, or the pointer cannot be written.
        """
        history = self._history()
        if not history:
            raise InputError("nothing was promoted here", where=str(self.home), hint="the shipped model is active")
        history.pop()
        while history and _refusal(self.home / history[-1]):
            history.pop()
        with self._reporting_write_errors(), self._alone():
            self._write_pointer(history)
        return self.active()

    def _history(self) -> list[str]:
        """Return the names of the promoted folders, the active one last."""
        path = self.home / POINTER
        try:
            history = json.loads(path.read_bytes())["history"]
            if not all(isinstance(name, str) and _FOLDER.match(name) for name in history):
                raise ValueError("not folder names")
        except FileNotFoundError:
            return []
        except OSError as error:
            raise ModelRefused(
                f"cannot read: {error.strerror}", where=str(path), hint="correct its permissions"
            ) from error
        except (ValueError, KeyError, TypeError) as error:
            hint = "delete the file to go back to the shipped model, then promote again"
            raise ModelRefused("the pointer to the promoted model is damaged", where=str(path), hint=hint) from error
        return list(history)

    def _write_pointer(self, history: list[str]) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=_STAGING, dir=self.home)
        draft = Path(name)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump({"history": history[-MAX_HISTORY:]}, file)
                file.flush()
                os.fsync(file.fileno())
            # the sidecar may run as another account than the one that promotes
            draft.chmod(0o644)
            draft.replace(self.home / POINTER)
        finally:
            draft.unlink(missing_ok=True)

    def _install(self, folder: ModelFolder, target: Path) -> None:
        """Write the verified bytes (not read again) beside `target`, test them and move them there."""
        self.home.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=_STAGING, dir=self.home))
        try:
            for name, data in folder.files.items():
                (staging / name).write_bytes(data)
            shutil.copyfile(folder.path / MANIFEST, staging / MANIFEST)
            with suppress(FileNotFoundError):
                shutil.copyfile(folder.path / SIGNATURE, staging / SIGNATURE)
            if check(staging).id != folder.id:
                raise ModelRefused("the folder changed while it was copied", where=str(folder.path))
            staging.chmod(0o755)
            shutil.rmtree(target, ignore_errors=True)
            staging.rename(target)
        finally:
            shutil.rmtree(staging, ignore_errors=True)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Wait until no other process changes the registry; remove what was left by those that were killed.

        A killed promotion leaves a copy of a model, tens of megabytes. The lock ends with the process that holds it.
        """
        self.home.mkdir(parents=True, exist_ok=True)
        folder = os.open(self.home, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            for path in self.home.glob(f"{_STAGING}*"):
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink(missing_ok=True)
            yield
        finally:
            os.close(folder)

    @contextmanager
    def _reporting_write_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            hint = "make space, or let this account write there"
            raise InputError(f"cannot write: {error.strerror}", where=str(self.home), hint=hint) from error


def default_folder() -> Path:
    """Return the model folder that `loglm serve` and `loglm label` use: the promoted one, else the shipped one.

    Raises:
        ModelRefused: there is none, or the pointer to the promoted one is invalid.
    """
    return Registry.of_user().active()


def check(path: Path) -> ModelFolder:
    """Check that a folder can be served: its files against the manifest, then the model against its golden events.

    Raises:
        ModelRefused: it cannot.
    """
    from loglm_bridge.model.labeller import Labeller  # imports the runtime, which takes a second

    folder = ModelFolder.open(path)
    labeller = Labeller.load(path)
    try:
        labeller.self_test()
    except ModelFailed as error:
        raise ModelRefused(f"self-test failed: {error.message}", where=str(path)) from error
    finally:
        labeller.close()
    return folder


def _listed(path: Path, active: bool, shipped: bool) -> ListedModel:
    try:
        return ListedModel(path, ModelFolder.open(path), None, active, shipped)
    except LogLMError as error:
        return ListedModel(path, None, error.message, active, shipped)


def _refusal(path: Path) -> str | None:
    return _listed(path, active=False, shipped=False).refusal


def _safe_name(text: str) -> str:
    """Return a manifest's text as part of a folder name: without separators or leading dots."""
    return _NOT_IN_NAME.sub("_", text).lstrip(".")[:40] or "unnamed"
