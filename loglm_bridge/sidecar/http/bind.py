"""The listening socket: its address, and the checks that it is not exposed by accident."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import ssl
import stat
from pathlib import Path

from loglm_bridge.contract.errors import ConfigError
from loglm_bridge.sidecar.config import Settings
from loglm_bridge.sidecar.http.auth import AllowedHosts

_BACKLOG = 128

#: Names by which a machine reaches itself.
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def listen(settings: Settings) -> socket.socket:
    """Return the bound, listening socket.

    Raises:
        ConfigError: the address does not exist or is in use, or is not loopback and TLS or host names are missing.
    """
    family, address = _resolve(settings)
    _check_exposure(settings, address[0])
    # asyncio sets TCP_NODELAY only where the protocol is given; without it every answer waits 40 ms for an ACK
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise ConfigError(
            f"cannot listen on {settings.host} port {settings.port} ({error.strerror})",
            where="host, port",
            hint="stop the program that listens there (another sidecar?) or choose another port",
        ) from error
    listener.setblocking(False)
    return listener


def check_tls(settings: Settings) -> None:
    """Raise ConfigError where certificate and key cannot be used together."""
    if settings.tls_cert is None or settings.tls_key is None:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(settings.tls_cert, settings.tls_key, password="")
    except (OSError, ValueError) as error:
        reason = error.strerror or getattr(error, "reason", "") if isinstance(error, OSError) else "encrypted key"
        raise ConfigError(
            f"certificate and key cannot be used ({reason})",
            where=f"{settings.tls_cert}, {settings.tls_key}",
            hint="both must be PEM, belong together and be readable, the key without a password",
        ) from error
    _check_key(settings.tls_key)


def _check_key(path: Path) -> None:
    """Raise ConfigError where others than the owner and group of a key can read or change it, as with the token."""
    with contextlib.suppress(OSError):  # reported where it is loaded
        if path.stat().st_mode & (stat.S_IWGRP | stat.S_IRWXO):
            raise ConfigError("the TLS key is open to others", where=str(path), hint=f"run chmod 600 {path}")


def url(settings: Settings, listener: socket.socket) -> str:
    """Return the URL of the listening socket."""
    host, port = listener.getsockname()[:2]
    return f"{_scheme(settings)}://{_bracketed(host)}:{port}"


def allowed_hosts(settings: Settings, listener: socket.socket) -> AllowedHosts:
    """Return the names by which clients may call the listening socket."""
    host, port = listener.getsockname()[:2]
    address = ipaddress.ip_address(host)
    local = _LOOPBACK if address.is_loopback or address.is_unspecified else ()
    own = (settings.host.lower(), _bracketed(host)) if not address.is_unspecified else ()
    return AllowedHosts.of((*local, *own, *settings.allowed_hosts), port, _scheme(settings))


def _resolve(settings: Settings) -> tuple[socket.AddressFamily, tuple[str, int]]:
    host = settings.host.strip("[]")
    try:
        candidates = socket.getaddrinfo(host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise ConfigError("host is no address of this machine", where="host", hint="set it to 127.0.0.1") from error
    # of several addresses (localhost) the IPv4 one: the app's default url names 127.0.0.1
    family, _, _, _, address = min(candidates, key=lambda entry: entry[0] != socket.AF_INET)
    return family, (str(address[0]), int(address[1]))


def _check_exposure(settings: Settings, host: str) -> None:
    address = ipaddress.ip_address(host.partition("%")[0])
    if address.is_loopback:
        return
    if not settings.tls:
        raise ConfigError(
            f"other machines can reach {settings.host}, and without TLS they could read token and events",
            where="host",
            hint="set tls_cert and tls_key, or listen on 127.0.0.1",
        )
    if address.is_unspecified and not settings.allowed_hosts:
        raise ConfigError(
            f"{settings.host} stands for every address of this machine, so the host names that clients use are unknown",
            where="allowed_hosts",
            hint="set allowed_hosts to the names in the clients' url",
        )


def _scheme(settings: Settings) -> str:
    return "https" if settings.tls else "http"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
