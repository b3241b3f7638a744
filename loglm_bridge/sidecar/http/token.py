"""The bearer token: 256 random bits in a file that only its owner can read."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from loglm_bridge.contract.errors import ConfigError

#: Minimum characters of a token that somebody else wrote: 128 bits in base64.
_MIN_CHARACTERS = 22

#: Maximum bytes of a token file.
_MAX_BYTES = 4_096


def read_token(path: Path) -> str:
    """Return the token of a file.

    Raises:
        ConfigError: the file is absent, accessible to others than its owner and group, or holds no token.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        raise ConfigError(
            "there is no token yet", where=str(path), hint="start `loglm serve` once, or name --state-dir"
        ) from None
    except OSError as error:
        raise ConfigError(f"the token cannot be read ({error.strerror})", where=str(path)) from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise ConfigError("the token file is not a regular file", where=str(path))
        if status.st_mode & (stat.S_IWGRP | stat.S_IRWXO):
            raise ConfigError("the token file is open to others", where=str(path), hint=f"run chmod 600 {path}")
        return _checked(os.read(descriptor, _MAX_BYTES), path)
    finally:
        os.close(descriptor)


def ensure_token(path: Path) -> str:
    """Return the token of a file; create the file, mode 0600, where there is none.

    Two first starts at the same time agree on one token, and a crash leaves a complete file or none.

    Raises:
        ConfigError: as `read_token`, or the file cannot be created.
    """
    if not path.exists():
        try:
            _create(path, secrets.token_urlsafe(32))
        except FileExistsError:
            pass  # another start was faster: its token is used
        except OSError as error:
            raise ConfigError(
                f"the token cannot be saved ({error.strerror})",
                where=str(path),
                hint="set token_file to a path that this account can write",
            ) from error
    return read_token(path)


def _create(path: Path, token: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(token + "\n")
            file.flush()
            os.fsync(file.fileno())
        # unlike a rename, a link never replaces an existing file
        os.link(draft, path)
    finally:
        draft.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _checked(body: bytes, path: Path) -> str:
    token = body.strip()
    if len(token) < _MIN_CHARACTERS or len(body) >= _MAX_BYTES or not all(0x21 <= byte <= 0x7E for byte in token):
        raise ConfigError(
            f"the file holds no token of at least {_MIN_CHARACTERS} printable characters",
            where=str(path),
            hint="remove it and start the sidecar again, then save the new token in Splunk",
        )
    return token.decode("ascii")
