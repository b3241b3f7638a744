"""The error of content that cannot be used."""

from __future__ import annotations

from loglm_bridge.contract.errors import LogLMError


class ContentError(LogLMError):
    """A rule, example or shape is not what the format asks for; `where` is the file and the rule."""
