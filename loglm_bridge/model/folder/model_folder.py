"""The model folder: which files it holds, and the proof that they are the ones that were released."""

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

#: Key of the manifest that holds the digest of its other keys.
SEAL = "seal"

#: A folder holds these, the optional ones, and nothing else.
REQUIRED = frozenset({TOKENIZER, EVENT_ENCODER, HEADS, HEADS_CONFIG, GOLDEN, CARD})
OPTIONAL = frozenset(
    {FAST_ENCODER, FLOW_TREES, SEQUENCE_CONFIG, SIGNATURES, SIGNATURE_RULES, NEIGHBOURS, NEIGHBOUR_NAMES}
)

#: What a model can be served as: profile -> the event encoder it runs; all else is the same.
BASE, FAST = "base", "fast"
PROFILES: Mapping[str, str] = {BASE: EVENT_ENCODER, FAST: FAST_ENCODER}

#: Bytes of the largest file that is read.
MAX_FILE = 256 * 1024 * 1024


@dataclass(frozen=True)
class ModelFolder:
    """A verified model folder: the bytes of every file, as the manifest's sha256 vouch for them."""

    path: Path
    id: ModelId
    manifest: Mapping[str, Any]
    files: Mapping[str, bytes]

    @classmethod
    def open(cls, path: Path) -> ModelFolder:
        """Read and verify a folder; the returned bytes are what was verified, so a later change on disk cannot matter.

        Raises:
            ModelRefused: the folder is absent, incomplete, holds more than it should, a file differs from its sha256,
                or an ONNX file refers to anything outside itself.
        """
        body = _read(path, MANIFEST)
        manifest = _manifest(body, path)
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
    """Seal a folder: write the manifest over the files that lie in it, and return it verified.

    `details` (data card, metrics) is stored beside the required keys.
    """
    names = sorted(p.name for p in path.iterdir() if p.name != MANIFEST)
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
    """Return the manifest's one spelling, with the digest of all the rest: a byte changed by accident shows."""
    rest = {k: v for k, v in manifest.items() if k != SEAL}
    digest = sha256(json.dumps(rest, sort_keys=True, allow_nan=False).encode("ascii")).hexdigest()
    return json.dumps({**rest, SEAL: digest}, indent=1, sort_keys=True, allow_nan=False) + "\n"


def _manifest(body: bytes, path: Path) -> Mapping[str, Any]:
    try:
        manifest = json.loads(body)
        names = manifest["files"]
        ok = isinstance(names, dict) and all(isinstance(v, str) for v in names.values())
        ok = ok and isinstance(manifest["name"], str) and isinstance(manifest["version"], str)
        api, sealed = manifest["api"], _sealed(manifest)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelRefused(f"{MANIFEST}: not a manifest ({error!r})", where=str(path)) from error
    if not ok:
        raise ModelRefused(f"{MANIFEST}: a key has the wrong type", where=str(path))
    if body != sealed.encode("ascii"):
        raise ModelRefused(f"{MANIFEST}: was changed after it was sealed", where=str(path))
    if api != API_VERSION:
        raise ModelRefused(f"{MANIFEST}: for interface {api!r}, this is {API_VERSION}", where=str(path))
    result: Mapping[str, Any] = manifest
    return result


def _check_names(path: Path, listed: Mapping[str, str]) -> None:
    foreign = sorted(set(listed) - REQUIRED - OPTIONAL)
    missing = sorted(REQUIRED - set(listed))
    if foreign or missing:
        raise ModelRefused(
            f"{MANIFEST}: lists {foreign or 'no foreign files'}, lacks {missing or 'none'}", where=str(path)
        )
    extra = sorted(p.name for p in path.iterdir() if p.name not in listed and p.name != MANIFEST)
    if extra:
        raise ModelRefused(f"model refused: files not in the manifest {extra[:5]}", where=str(path))


def _read(folder: Path, name: str) -> bytes:
    path = folder / name
    try:
        if path.is_symlink() or not path.is_file():
            raise ModelRefused(f"{name}: absent or not a plain file", where=str(folder))
        if path.stat().st_size > MAX_FILE:
            raise ModelRefused(f"{name}: larger than {MAX_FILE} bytes", where=str(folder))
        return path.read_bytes()
    except OSError as error:
        raise ModelRefused(f"{name}: {error.strerror}", where=str(folder)) from error
