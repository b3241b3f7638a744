"""The app's own log files under $SPLUNK_HOME/var/log/splunk (index=_internal source=*loglm*), and reference ids.

splunkd treats what a command writes to stderr as an error of the search, so nothing is ever written there: without a
writable log folder there is no log. Lightweight, because every getinfo imports it and few write a line.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from logging import Logger


def open_log(name: str) -> Logger:
    """Return the logger of the program `name`; it writes var/log/splunk/<name>.log, opened at the first record."""
    import logging

    from loglm_bridge.splunk.config.log_handler import log_handler

    logger = logging.getLogger(f"loglm_bridge.{name}")
    logger.propagate = False
    logger.setLevel(logging.INFO)
    if not logger.handlers:
        logger.addHandler(log_handler(name))
    return logger


def new_ref() -> str:
    """Return a short reference id, which appears in a message to a user and in the log line about it."""
    return os.urandom(4).hex()
