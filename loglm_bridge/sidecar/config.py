"""Settings of the sidecar: flags, environment, one small TOML file, defaults, in that order.

A key `queue_events` is the flag `--queue-events`, the variable `LOGLM_QUEUE_EVENTS` and the file's `queue_events`.
"""

from __future__ import annotations

import argparse
import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any

from loglm_bridge.contract.errors import ConfigError
from loglm_bridge.contract.limits import DEFAULT_PORT, MAX_BATCH_EVENTS, MAX_BODY_BYTES, MAX_ECHO
from loglm_bridge.contract.safe_text import one_line
from loglm_bridge.model.state_folder import state_folder, xdg_folder
from loglm_bridge.sidecar.config_types import Parser, choice, host_names, integer, log_level, path, seconds, text


def _cores() -> int:
    return min(4, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def default_token_file() -> Path:
    """Return the token file of the state folder: a token is neither cache nor configuration."""
    return state_folder() / "token"


def default_config_file() -> Path:
    """Return the settings file that is read where it exists."""
    return xdg_folder("XDG_CONFIG_HOME", "~/.config", "/etc") / "sidecar.toml"


def _about(parse: Parser, meaning: str) -> Mapping[str, Any]:
    return {"parse": parse, "help": meaning}


@dataclass(frozen=True)
class Settings:
    """Settings of one sidecar; the help of each field says what it sets or limits."""

    host: str = field(default="127.0.0.1", metadata=_about(text, "address; beyond loopback only with TLS"))
    port: int = field(default=DEFAULT_PORT, metadata=_about(integer(0, 65_535), "0 picks a free one and prints it"))
    token_file: Path = field(
        default_factory=default_token_file,
        metadata=_about(path, "file of the bearer token, made at the first start; default: token in the state folder"),
    )
    model: Path | None = field(
        default=None, metadata=_about(path, "model folder; default: the promoted or shipped one")
    )
    profile: str = field(
        default="base", metadata=_about(choice("base", "fast"), "which of the model's encoders: base, or fast")
    )
    require_signature: Path | None = field(
        default=None,
        metadata=_about(path, "public key (PEM, Ed25519); a model folder without its signature is refused"),
    )
    tls_cert: Path | None = field(default=None, metadata=_about(path, "certificate chain (PEM); serves https"))
    tls_key: Path | None = field(default=None, metadata=_about(path, "private key of the certificate (PEM)"))
    allowed_hosts: tuple[str, ...] = field(
        default=(),
        metadata=_about(host_names, "further names[:port] by which clients may call it, separated by commas"),
    )
    workers: int = field(
        default_factory=_cores,
        metadata=_about(integer(1, 64), "batches labelled at the same time; default: one for each core, at most 4"),
    )
    threads: int = field(default=1, metadata=_about(integer(1, 64), "threads of one inference"))
    queue_events: int = field(
        default=4_096,
        metadata=_about(
            integer(MAX_BATCH_EVENTS, 1_000_000), "events that may wait; further ones are refused with 429 at once"
        ),
    )
    queue_bytes: int = field(
        default=4 * MAX_BODY_BYTES,
        metadata=_about(integer(MAX_BODY_BYTES, 1 << 40), "bytes of request bodies held at a time; bounds memory"),
    )
    connections: int = field(
        default=256,
        metadata=_about(integer(8, 60_000), "open connections; the longest idle one makes room for a new one"),
    )
    # together with the isolation of a failing event it stays below a client's default timeout of 10 s
    deadline: float = field(
        default=4.0, metadata=_about(seconds(0.1, 600), "seconds for a batch before its events are tried one by one")
    )
    drain: float = field(
        default=10.0, metadata=_about(seconds(0, 600), "seconds that a stop waits for running requests")
    )
    memory_mb: int = field(
        default=0, metadata=_about(integer(0, 1 << 30), "limit on the address space in MiB (RLIMIT_AS); 0: none")
    )
    log_file: Path | None = field(default=None, metadata=_about(path, "log, rotated at 10 MB; default: stderr"))
    log_level: str = field(default="info", metadata=_about(log_level, "debug, info, warning or error"))

    def __post_init__(self) -> None:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ConfigError("tls_cert and tls_key belong together", where="tls_cert", hint="set both or neither")

    @property
    def tls(self) -> bool:
        """Whether the sidecar serves https."""
        return self.tls_cert is not None

    def redacted(self) -> dict[str, Any]:
        """Return the settings for the log; the token itself is never among them."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return {k: str(v) if isinstance(v, Path) else v for k, v in values.items()} | {"token": "********"}


def add_arguments(parser: argparse.ArgumentParser, only: Sequence[str] = ()) -> None:
    """Add the flags of all settings, or of those in `only`, and `--config`. `from_args` checks their values."""
    parser.add_argument("--config", metavar="FILE", help=f"settings file (TOML); default: {default_config_file()}")
    for item in fields(Settings):
        if not only or item.name in only:
            flag, metavar = _flag(item.name), item.name.rpartition("_")[2].upper()
            parser.add_argument(flag, dest=item.name, metavar=metavar, help=_help(item).replace("%", "%%"))


def _help(item: Field[Any]) -> str:
    """Return the help of a setting with its default."""
    text: str = item.metadata["help"]
    if "default:" in text:
        return text
    return f"{text}; default: {'none' if item.default in (None, ()) else item.default}"


def from_args(args: argparse.Namespace, environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings from parsed flags, the environment and the settings file, in this order of precedence.

    Raises:
        ConfigError: a value is invalid; the message names its key, the value and what is expected.
    """
    environ = os.environ if environ is None else environ
    source, data = _read_file(getattr(args, "config", None) or environ.get("LOGLM_CONFIG"))
    values = {}
    for item in fields(Settings):
        variable = f"LOGLM_{item.name.upper()}"
        if getattr(args, item.name, None) is not None:
            where, value = _flag(item.name), getattr(args, item.name)
        elif environ.get(variable):
            where, value = variable, environ[variable]
        elif item.name in data:
            where, value = f"{source}: {item.name}", data[item.name]
        else:
            continue
        try:
            values[item.name] = item.metadata["parse"](value)
        except ValueError as expected:
            raise ConfigError(f"{item.name} must be {expected}, got {_echo(value)}", where=where) from None
    return Settings(**values)


def _read_file(chosen: str | None) -> tuple[Path, Mapping[str, Any]]:
    """Return the path of the settings file and its content; empty where the default one does not exist."""
    source = Path(chosen).expanduser() if chosen else default_config_file()
    if not chosen and not source.is_file():
        return source, {}
    try:
        data = tomllib.loads(source.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"the settings file cannot be read ({error.strerror})", where=str(source)) from error
    except ValueError as error:
        raise ConfigError(f"the settings file is not TOML ({_echo(error)})", where=str(source)) from error
    unknown = sorted(data.keys() - {f.name for f in fields(Settings)})
    if unknown:
        known = ", ".join(f.name for f in fields(Settings))
        raise ConfigError(
            f"there is no setting {_echo(unknown[0])}", where=str(source), hint=f"the settings are {known}"
        )
    return source, data


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _echo(value: Any) -> str:
    return one_line(str(value), MAX_ECHO)
