"""Optional signatures of model folders: Ed25519 over the digest of the manifest, which lists the digest of every file.

A manifest alone tells damage, not who wrote the folder: whoever can write a folder can seal it again. The private key
stays with whoever publishes models; `loglm serve --require-signature` holds the public one.
"""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Any

from loglm_bridge.contract.errors import ConfigError, ModelRefused
from loglm_bridge.model.folder.model_folder import SIGNATURE, ModelFolder

#: What is signed begins with this text, so that a signature made for another purpose is none here.
_CONTEXT = b"LogLM model folder 1\n"

#: Maximum bytes of a key or signature file.
_MAX_BYTES = 16_384

_NO_LIBRARY = "run `pip install 'loglm-bridge[sign]'`"


def sign(path: Path, key_file: Path) -> ModelFolder:
    """Sign a verified folder with the private key in a PEM file; return the folder.

    Raises:
        ModelRefused: the folder does not match its manifest.
        ConfigError: the key is no Ed25519 key, or the signature cannot be written.
    """
    folder = ModelFolder.open(path)
    signature = base64.b64encode(_private_key(key_file).sign(_signed_text(folder.id.sha256)))
    draft = path.parent / f".{path.name}.{SIGNATURE}.{os.getpid()}"
    try:
        draft.write_bytes(signature + b"\n")
        draft.chmod(0o644)
        draft.replace(path / SIGNATURE)
    except OSError as error:
        raise ConfigError(f"the signature cannot be written ({error.strerror})", where=str(path)) from error
    finally:
        draft.unlink(missing_ok=True)
    return folder


def verify(folder: ModelFolder, key_file: Path) -> None:
    """Check that a folder was signed with the private key that belongs to the public key in a PEM file.

    Raises:
        ModelRefused: it was not.
        ConfigError: the key is no Ed25519 key.
    """
    key = _public_key(key_file)
    from cryptography.exceptions import InvalidSignature

    try:
        signature = base64.b64decode(_read(folder.path / SIGNATURE), validate=False)
        key.verify(signature, _signed_text(folder.id.sha256))
    except OSError as error:
        raise ModelRefused("the folder is not signed", where=str(folder.path)) from error
    except (ValueError, InvalidSignature) as error:
        raise ModelRefused("the signature is not of the required key", where=str(folder.path)) from error


def _signed_text(digest: str) -> bytes:
    return _CONTEXT + digest.encode("ascii")


def _private_key(path: Path) -> Any:
    serialization, ed25519 = _library()
    try:
        key = serialization.load_pem_private_key(_read(path), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise _bad_key(path) from error
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        raise _bad_key(path)
    return key


def _public_key(path: Path) -> Any:
    serialization, ed25519 = _library()
    try:
        key = serialization.load_pem_public_key(_read(path))
    except (OSError, ValueError, TypeError) as error:
        raise _bad_key(path) from error
    if not isinstance(key, ed25519.Ed25519PublicKey):
        raise _bad_key(path)
    return key


def _library() -> tuple[Any, Any]:
    try:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError as error:
        raise ConfigError(
            "signatures need the library `cryptography`", where="cryptography", hint=_NO_LIBRARY
        ) from error
    return serialization, ed25519


def _bad_key(path: Path) -> ConfigError:
    hint = "make one with `openssl genpkey -algorithm ed25519`; the public one with `openssl pkey -pubout`"
    return ConfigError("no Ed25519 key in PEM without a password", where=str(path), hint=hint)


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_MAX_BYTES)
