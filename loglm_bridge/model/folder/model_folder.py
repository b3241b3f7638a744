"""The model folder: its files, and the check that they are unchanged since it was sealed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from loglm_bridge.contract.errors import ModelRefused
from loglm_bridge.contract.limits import API_VERSION
from loglm_bridge.contract.wire import ModelId
from loglm_bridge.model.folder import onnx_guard

MANIFEST = "manifest.json"
TOKENIZER = "tokenizer.json"
EVENT_ENCODER = "event.onnx"
FAST_ENCODER = "event-fast.onnx"
FLOW_TREES = "sequence.onnx"
SEQUENCE_CONFIG = "sequence.json"
HEADS = "heads.safetensors"
HEADS_CONFIG = "heads.json"
SIGNATURES = "signatures.safetensors"
SIGNATURE_RULES = "signatures.json"
NEIGHBOURS = "neighbours.safetensors"
NEIGHBOUR_NAMES = "neighbours.json"
GOLDEN = "golden.json"
CARD = "MODEL_CARD.md"

#: The signature of the manifest, which it cannot list: signature.py.
SIGNATURE = "manifest.sig"

#: Key of the manifest that holds the digest of its other keys.
SEAL = "seal"

#: A folder holds these files, any of the optional ones, and nothing else.
REQUIRED = frozenset({TOKENIZER, EVENT_ENCODER, HEADS, HEADS_CONFIG, GOLDEN, CARD})
OPTIONAL = frozenset(
    {FAST_ENCODER, FLOW_TREES, SEQUENCE_CONFIG, SIGNATURES, SIGNATURE_RULES, NEIGHBOURS, NEIGHBOUR_NAMES}
)

#: The event encoder of each profile in which a model can be served; all other files are shared.
BASE, FAST = "base", "fast"
PROFILES: Mapping[str, str] = {BASE: EVENT_ENCODER, FAST: FAST_ENCODER}

#: Maximum bytes of a file.
MAX_FILE_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True)
class ModelFolder:
    """A verified model folder: the bytes of every file, each with the sha256 that the manifest lists."""

    path: Path
    id: ModelId
    manifest: Mapping[str, Any]
    files: Mapping[str, bytes]

    @classmethod
    def open(cls, path: Path) -> ModelFolder:
        """Read and verify a folder. The returned bytes are the verified ones, so later changes on disk have no effect.

        Raises:
            ModelRefused: the folder is absent or incomplete, holds other files, a file differs from its sha256, or an
                ONNX file refers to anything outside itself.
        """
        body = _read(path, MANIFEST)
        manifest = _parse_manifest(body, path)
        listed: Mapping[str, str] = manifest["files"]
        _check_names(path, listed)
        files = {name: _read(path, name) for name in sorted(listed)}
        for name, data in files.items():
            if sha256(data).hexdigest() != listed[name]:
                raise ModelRefused(f"{name}: sha256 differs from manifest", where=str(path))
            if name.endswith(".onnx"):
                onnx_guard.check(data, where=name)
        identity = ModelId(str(manifest["name"]), str(manifest["version"]), sha256(body).hexdigest())
        return cls(path, identity, manifest, files)

    def encoder(self, profile: str) -> bytes:
        """Return the event encoder of one of PROFILES. Raises ModelRefused where the folder has none."""
        try:
            return self.files[PROFILES[profile]]
        except KeyError:
            raise ModelRefused(f"the model has no profile {profile}", where=str(self.path)) from None

    def json(self, name: str) -> Any:
        """Return the parsed content of a JSON file of the folder. Raises ModelRefused where it is not JSON."""
        try:
            return json.loads(self.files[name])
        except (ValueError, RecursionError) as error:
            raise ModelRefused(f"{name}: not JSON", where=str(self.path)) from error


def write_manifest(path: Path, name: str, version: str, details: Mapping[str, Any]) -> ModelFolder:
    """Seal a folder: write the manifest of the files in it, and return the verified folder.

    `details` (data card, metrics) are stored beside the required keys.
    """
    names = sorted(p.name for p in path.iterdir() if p.name not in (MANIFEST, SIGNATURE))
    manifest = {
        "name": name,
        "version": version,
        "api": API_VERSION,
        **details,
        "files": {n: sha256((path / n).read_bytes()).hexdigest() for n in names},
    }
    (path / MANIFEST).write_text(_sealed(manifest), encoding="utf-8")
    return ModelFolder.open(path)


def _sealed(manifest: Mapping[str, Any]) -> str:
    """Return the manifest's canonical text with the digest of its other keys, so that any changed byte is detected."""
    rest = {k: v for k, v in manifest.items() if k != SEAL}
    digest = sha256(json.dumps(rest, sort_keys=True, allow_nan=False).encode("ascii")).hexdigest()
    return json.dumps({**rest, SEAL: digest}, indent=1, sort_keys=True, allow_nan=False) + "\n"


def _parse_manifest(body: bytes, path: Path) -> Mapping[str, Any]:
    try:
        manifest = json.loads(body)
        files = manifest["files"]
        types_ok = isinstance(files, dict) and all(isinstance(v, str) for v in files.values())
        types_ok = types_ok and isinstance(manifest["name"], str) and isinstance(manifest["version"], str)
        api, sealed = manifest["api"], _sealed(manifest)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelRefused(f"{MANIFEST}: not a manifest ({error!r})", where=str(path)) from error
    if not types_ok:
        raise ModelRefused(f"{MANIFEST}: a key has the wrong type", where=str(path))
    if body != sealed.encode("ascii"):
        raise ModelRefused(f"{MANIFEST}: changed since it was sealed", where=str(path))
    if api != API_VERSION:
        raise ModelRefused(f"{MANIFEST}: for interface version {api!r}, this is version {API_VERSION}", where=str(path))
    result: Mapping[str, Any] = manifest
    return result


def _check_names(path: Path, listed: Mapping[str, str]) -> None:
    unknown = sorted(set(listed) - REQUIRED - OPTIONAL)
    missing = sorted(REQUIRED - set(listed))
    if unknown or missing:
        raise ModelRefused(
            f"{MANIFEST}: unknown files {unknown or 'none'}, missing files {missing or 'none'}", where=str(path)
        )
    extra = sorted(p.name for p in path.iterdir() if p.name not in {*listed, MANIFEST, SIGNATURE})
    if extra:
        raise ModelRefused(f"files that the manifest does not list {extra[:5]}", where=str(path))


def _read(folder: Path, name: str) -> bytes:
    path = folder / name
    try:
        if path.is_symlink() or not path.is_file():
            raise ModelRefused(f"{name}: absent or not a regular file", where=str(folder))
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ModelRefused(f"{name}: larger than {MAX_FILE_BYTES} bytes", where=str(folder))
        return path.read_bytes()
    except OSError as error:
        raise ModelRefused(f"{name}: {error.strerror}", where=str(folder)) from error
