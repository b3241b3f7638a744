"""A splunklib command that returns its rows as they are: the lower bound of any search command. Run as a program."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from splunklib.searchcommands import Configuration, StreamingCommand, dispatch


@Configuration(distributed=False)
class PassThroughCommand(StreamingCommand):  # type: ignore[misc]  # splunklib has no types
    """Returns every row unchanged."""

    def stream(self, records: Iterator[Any]) -> Iterator[Any]:
        """Yield every record."""
        yield from records


if __name__ == "__main__":
    dispatch(PassThroughCommand, sys.argv, sys.stdin, sys.stdout, __name__)
