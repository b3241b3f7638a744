"""Which model folder answers: the shipped one, or one that was promoted on this machine, with a way back.

A promoted folder is copied, proved and only then pointed at; the pointer is one small file that is replaced in one
step, so a reader finds the old model or the new one and never half of either.

    <state>/models/<name>-<version>-<sha256, 12 digits>/   verified copies, never changed
    <state>/models/active.json                             {"history": [folder names, the active one last]}

<state> is the folder that `state_folder` names.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from loglm_bridge.contract.errors import InputError, LogLMError, ModelFailed, ModelRefused
from loglm_bridge.model.folder.model_folder import MANIFEST, ModelFolder
from loglm_bridge.model.state_folder import state_folder

#: Folder of the package that holds the shipped model.
SHIPPED = Path(__file__).parents[1] / "models"

POINTER = "active.json"

#: Models that a rollback can go back through; older copies stay on disk but are forgotten.
MAX_HISTORY = 20

_NOT_IN_NAME = re.compile(r"[^A-Za-z0-9._]+")
_FOLDER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*\Z")


@dataclass(frozen=True)
class ListedModel:
    """A model folder that is known here. `refusal` says why it may not be served; None where it is what it claims."""

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
        found = sorted(path.parent for path in self.shipped.glob(f"*/{MANIFEST}"))
        if len(found) != 1:
            raise ModelRefused(
                f"{len(found) or 'no'} models where one is shipped", where=str(self.shipped), hint="install again"
            )
        return found[0]

    def active(self) -> Path:
        """Return the folder that answers unless another is named. It is not verified here; loading it does that.

        Raises:
            ModelRefused: the pointer is damaged or points nowhere: serving another model in silence would be worse.
        """
        history = self._history()
        if not history:
            return self.shipped_folder()
        path = self.home / history[-1]
        if not path.is_dir():
            raise ModelRefused("the promoted model is gone", where=str(path), hint="run `loglm models rollback`")
        return path

    def list_models(self) -> list[ListedModel]:
        """Return all folders that lie here, the shipped one first, each verified."""
        active = self.active()
        copies = [path for path in self.home.glob("*") if _FOLDER.match(path.name) and path.is_dir()]
        paths = [self.shipped_folder(), *sorted(copies)]
        return [_listed(path, path == active, path.parent == self.shipped) for path in paths]

    def promote(self, path: Path) -> Path:
        """Copy a model folder, prove the copy (`check`), point at it and return its path.

        Promoting the active model again changes nothing.

        Raises:
            ModelRefused: the folder is not what its manifest says, or the model fails its self-test.
            InputError: the copy or the pointer cannot be written.
        """
        folder = ModelFolder.open(path)
        name = "-".join(_plain(part) for part in (folder.id.name, folder.id.version, folder.id.sha256[:12]))
        target = self.home / name
        try:
            if _listed(target, False, False).refusal is None:
                check(target)
            else:
                self._install(folder, target)
            self._point([*(n for n in self._history() if n != name), name])
        except OSError as error:
            raise InputError(f"cannot write: {error.strerror}", where=str(self.home), hint="free or open it") from error
        return target

    def rollback(self) -> Path:
        """Point at the model that was active before and is still sound, in the end at the shipped one; return it.

        Raises:
            InputError: nothing was promoted, or the pointer cannot be written.
        """
        history = self._history()
        if not history:
            raise InputError("nothing was promoted here", where=str(self.home), hint="the shipped model is active")
        history.pop()
        while history and _listed(self.home / history[-1], False, False).refusal:
            history.pop()
        try:
            self._point(history)
        except OSError as error:
            raise InputError(f"cannot write: {error.strerror}", where=str(self.home), hint="free or open it") from error
        return self.active()

    def _history(self) -> list[str]:
        path = self.home / POINTER
        try:
            history = json.loads(path.read_bytes())["history"]
            if not all(isinstance(name, str) and _FOLDER.match(name) for name in history):
                raise ValueError("not folder names")
        except FileNotFoundError:
            return []
        except OSError as error:
            raise ModelRefused(f"cannot read: {error.strerror}", where=str(path), hint="correct its rights") from error
        except (ValueError, KeyError, TypeError) as error:
            hint = "delete the file to go back to the shipped model, then promote again"
            raise ModelRefused("the pointer to the promoted model is damaged", where=str(path), hint=hint) from error
        return list(history)

    def _point(self, history: list[str]) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".", dir=self.home)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({"history": history[-MAX_HISTORY:]}, file)
            file.flush()
            os.fsync(file.fileno())
        # the sidecar may run as another account than the one that promotes
        Path(name).chmod(0o644)
        Path(name).replace(self.home / POINTER)

    def _install(self, folder: ModelFolder, target: Path) -> None:
        """Write the verified bytes (not a second reading) beside `target`, prove them and move them there."""
        self.home.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=".", dir=self.home))
        try:
            for name, data in folder.files.items():
                (staging / name).write_bytes(data)
            shutil.copyfile(folder.path / MANIFEST, staging / MANIFEST)
            if check(staging).id != folder.id:
                raise ModelRefused("the folder changed while it was copied", where=str(folder.path))
            staging.chmod(0o755)
            shutil.rmtree(target, ignore_errors=True)
            staging.rename(target)
        finally:
            shutil.rmtree(staging, ignore_errors=True)


def default_folder() -> Path:
    """Return the model folder that `loglm serve` and `loglm label` use: the promoted one, else the shipped one.

    Raises:
        ModelRefused: there is none, or the pointer to the promoted one cannot be followed.
    """
    return Registry.of_user().active()


def check(path: Path) -> ModelFolder:
    """Prove that a folder can be served: files against the manifest, then the model against its golden events.

    Raises:
        ModelRefused: it cannot.
    """
    from loglm_bridge.model.labeller import Labeller  # the runtime behind it takes a second to import

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


def _plain(text: str) -> str:
    """Return a manifest's text as part of a folder name: no separators, nothing hidden."""
    return _NOT_IN_NAME.sub("_", text).lstrip(".")[:40] or "unnamed"
