"""Settings of the app: default/loglm.conf, overridden by local/loglm.conf, read from disk.

No REST call: a search must not depend on splunkd's management port, and getinfo runs several times per search.
"""

from __future__ import annotations

import ipaddress
import os
import re
from configparser import ConfigParser
from configparser import Error as ConfError
from pathlib import Path
from typing import Any, Callable, Mapping, NamedTuple, Optional
from urllib.parse import urlsplit

from loglm_bridge.contract.errors import ConfigError
from loglm_bridge.contract.limits import MAX_BATCH_EVENTS, MAX_BODY_BYTES, MAX_ECHO, MAX_TOP
from loglm_bridge.splunk.config import value_parsers

CONF = "loglm.conf"

#: Maximum addresses of sidecars; a search has threads and connections for each.
MAX_SIDECARS = 16

#: Characters that separate user, query or fragment in an address, or that programs interpret differently.
_FORBIDDEN_IN_URL = re.compile(r"[@?#\\\x00-\x20\x7f]")


class Settings(NamedTuple):
    """The settings of `loglm.conf`: `timeout` in seconds, `batch_bytes` of a request body; None where empty."""

    urls: tuple[str, ...]
    token_file: Optional[Path]
    ca_file: Optional[Path]
    timeout: float
    batch_events: int
    batch_bytes: int
    threshold: Optional[float]
    top: int
    prefix: str
    splunkd_ca_file: Optional[Path] = None

    @classmethod
    def read(cls, app: Path) -> Settings:
        """Read the settings of the app in folder `app` (the one that holds bin/ and default/).

        Raises:
            ConfigError: a file cannot be read, a key is missing or its value cannot be used.
        """
        conf = conf_files(app)
        values: dict[str, Any] = {}
        for stanza, keys in _parsers(app).items():
            for key, parser in keys.items():
                where = f"[{stanza}] {key}"
                if not conf.has_option(stanza, key):
                    raise ConfigError(f"{where} is missing", where=str(app / "default" / CONF))
                text = conf.get(stanza, key).strip()
                try:
                    values[key] = parser(text)
                except ValueError as error:
                    raise ConfigError(f"{where} must be {error}, got {_shown(text)}", where=CONF) from error
        return cls(urls=values.pop("url"), **values)


def conf_files(app: Path) -> ConfigParser:
    """Read default/loglm.conf and then local/; Splunk's [default] stanza applies to all others. Raises ConfigError."""
    conf = ConfigParser(
        delimiters=("=",),
        comment_prefixes=("#", ";"),
        default_section="default",
        empty_lines_in_values=False,
        interpolation=None,
        strict=False,
    )
    for folder in ("default", "local"):
        path = app / folder / CONF
        try:
            # utf-8-sig: editors on Windows begin a file with a byte order mark
            conf.read_string(path.read_text(encoding="utf-8-sig"), source=str(path))
        except FileNotFoundError as error:
            if folder == "default":
                raise ConfigError("the file is missing", where=str(path), hint="install the app again") from error
        except (OSError, UnicodeDecodeError, ConfError) as error:
            reason = " ".join(str(error).split())[:MAX_ECHO]
            raise ConfigError(f"the file cannot be read: {reason}", where=str(path)) from error
    return conf


def _parsers(app: Path) -> Mapping[str, Mapping[str, Callable[[str], Any]]]:
    """Return the parser of each key of each stanza; the defaults are in default/loglm.conf only."""
    return {
        "sidecar": {
            "url": sidecar_urls,
            "token_file": lambda text: conf_path(app, text),
            "ca_file": lambda text: conf_path(app, text),
            "splunkd_ca_file": lambda text: conf_path(app, text),
            "timeout": lambda text: value_parsers.number(text, 0.1, 300),
            "batch_events": lambda text: value_parsers.whole(text, 1, MAX_BATCH_EVENTS),
            "batch_bytes": lambda text: value_parsers.whole(text, 1024, MAX_BODY_BYTES),
        },
        "labels": {
            "threshold": lambda text: value_parsers.number(text, 0, 1) if text else None,
            "top": lambda text: value_parsers.whole(text, 1, MAX_TOP),
            "prefix": value_parsers.prefix,
        },
    }


def sidecar_urls(text: str) -> tuple[str, ...]:
    """Return the addresses of a comma-separated list, each once. Raises ValueError with what is expected."""
    urls = tuple(dict.fromkeys(sidecar_url(part.strip()) for part in text.split(",")))
    if len(urls) > MAX_SIDECARS:
        raise ValueError(f"at most {MAX_SIDECARS} addresses")
    return urls


def sidecar_url(text: str) -> str:
    """Return an address without a trailing slash.

    Events and the token are sent to it, so plain http is for this machine only, and it may contain neither credentials
    nor a query. Raises ValueError with what is expected.
    """
    expected = "http://<loopback address>:<port> or https://<host>:<port>, without user, query or fragment"
    try:
        url = urlsplit(text)
        host, port = url.hostname or "", url.port
    except ValueError as error:
        raise ValueError(expected) from error
    safe = url.scheme == "https" or (url.scheme == "http" and is_loopback(host))
    if not (safe and host and port != 0) or _FORBIDDEN_IN_URL.search(text):
        raise ValueError(expected)
    return text.rstrip("/")


def is_loopback(host: str) -> bool:
    """Return whether `host` (a name, or an address without brackets) is a loopback address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def conf_path(app: Path, text: str) -> Optional[Path]:
    """Return a path with environment variables replaced, relative to the app's folder; None where empty."""
    return app / os.path.expandvars(text) if text else None


def _shown(text: str) -> str:
    """Return an invalid value for a message, without the password that an address may contain."""
    return repr(re.sub(r"[^/]*@", "***@", text)[:MAX_ECHO])
