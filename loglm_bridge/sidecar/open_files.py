"""The limit on open files, which connections use up: raised where the system allows, else fewer connections."""

from __future__ import annotations

import logging
import resource

from loglm_bridge.sidecar.logs import details

#: Files that the process needs beside connections: libraries, the model, logs, threads' pipes.
_OTHER_FILES = 128

#: Files for each connection that may be open: its own, and one that is being refused or in its TLS handshake.
_FILES_PER_CONNECTION = 2

log = logging.getLogger(__name__)


def connections_within_limit(wanted: int) -> int:
    """Return how many of the `wanted` connections may be open, after raising the limit on open files for them."""
    needed = _FILES_PER_CONNECTION * wanted + _OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(hard, needed)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return wanted
    possible = max(1, (soft - _OTHER_FILES) // _FILES_PER_CONNECTION)
    log.warning("fewer connections: limit on open files", extra=details(connections=possible, open_files=soft))
    return possible
