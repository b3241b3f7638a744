"""A session with splunkd, and the app's name there: what the token and the REST interface both need."""

from __future__ import annotations

APP = "loglm_bridge"


class SplunkSession:
    """A session with splunkd, as commands and inputs receive it. Not a dataclass: its repr must not show the key."""

    def __init__(self, uri: str, key: str) -> None:
        self.uri, self.key = uri, key
