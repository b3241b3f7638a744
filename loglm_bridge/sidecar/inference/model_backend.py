"""The model as the sidecar sees it, and the function that loads the real one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from loglm_bridge.contract.entity_state import EntityState
from loglm_bridge.contract.errors import ModelRefused
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.verdict import Verdict
from loglm_bridge.contract.wire import ModelId, Options


class Model(Protocol):
    """Events in, verdicts out. Every method may be called from several threads at a time."""

    @property
    def id(self) -> ModelId:
        """Name, version and the manifest's sha256."""

    def label(self, events: Sequence[Event], options: Options, state: EntityState | None) -> list[Verdict]:
        """Return one verdict per event, in order; the same event gets the same verdict in any batch.

        With `options.sequence` the incoming `state` of the events' entities is read, and the outgoing one is written.
        Raises InvalidRequest where the state is invalid.
        """

    def inspect(self, event: Event) -> dict[str, Any]:
        """Return how an event is read: one element of the answer to POST /v1/inspect."""

    def describe(self) -> dict[str, Any]:
        """Return the body of GET /v1/model."""

    def caches(self) -> Mapping[str, int]:
        """Return the figures of the model's caches, by name."""

    def self_test(self) -> None:
        """Label the golden events. Raises ModelFailed where a verdict differs from the recorded one."""

    def close(self) -> None:
        """Release the memory that the model holds."""


#: Loads and verifies a model folder (None: the promoted or else the shipped one) with a number of threads per inference
#: and as a profile. Raises ModelRefused.
Load = Callable[[Path | None, int, str], Model]


def signed_only(load: Load, key_file: Path) -> Load:
    """Return a function that loads only folders with a signature of the public key in `key_file`."""

    def load_signed(folder: Path | None, threads: int, profile: str) -> Model:
        from loglm_bridge.model import default_folder
        from loglm_bridge.model.folder.model_folder import ModelFolder
        from loglm_bridge.model.folder.signature import verify

        path = default_folder() if folder is None else folder
        verified = ModelFolder.open(path)
        verify(verified, key_file)
        model = load(path, threads, profile)
        if model.id.sha256 != verified.id.sha256:
            raise ModelRefused("the folder changed while it was loaded", where=str(path))
        return model

    return load_signed


def load_model(folder: Path | None, threads: int, profile: str) -> Model:
    """Load a model folder, where `folder` is None the promoted or else the shipped one.

    Raises:
        ModelRefused: the folder does not match its manifest.
    """
    # onnxruntime takes long to import: flags and settings are checked first
    from loglm_bridge.model import default_folder
    from loglm_bridge.model.labeller import Labeller

    return Labeller.load(default_folder() if folder is None else folder, threads, profile)
