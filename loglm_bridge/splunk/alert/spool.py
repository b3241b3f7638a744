"""Events that could not be delivered, kept on disk for the next run of the action.

One file of JSON lines for each run that left some, in var/lib/splunk/loglm_bridge/spool of Splunk, readable by its user
only. Files belong to a group: those of the event collector, or those of one alert owner, because receivers/simple
writes with the owner's rights and nobody may borrow another's. A run takes the files of its group under a lock, so that
two runs do not send the same file.
"""

from __future__ import annotations

import json
import os
import time
from hashlib import sha256
from pathlib import Path
from typing import Callable, Optional, Sequence

from loglm_bridge.contract.errors import LogLMError
from loglm_bridge.contract.notable import Notable
from loglm_bridge.splunk.alert.delivery import KEPT, Target, Undelivered
from loglm_bridge.splunk.modinput.durable_files import DurableFolder

#: Maximum bytes of all files together.
MAX_BYTES = 64 * 1024 * 1024

_SUFFIX = ".jsonl"


class SpoolError(LogLMError):
    """Events that cannot be kept."""

    code, status, hint = "spool", 0, "free disk space, and make the folder writable for splunkd's user"


class Spool:
    """The spool in `folder` (None: there is none), seen by the runs of `group`; `clock` returns epoch seconds."""

    def __init__(self, folder: Optional[Path], group: str, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._stem = sha256(group.encode("utf-8", "surrogatepass")).hexdigest()[:24]
        self._clock = clock

    @classmethod
    def of_app(cls, group: str) -> Spool:
        """Return the spool below $SPLUNK_HOME."""
        home = os.environ.get("SPLUNK_HOME")
        return cls(Path(home, "var", "lib", "splunk", "loglm_bridge", "spool") if home else None, group)

    @property
    def lock_path(self) -> Optional[Path]:
        """The file whose lock a run holds while it sends the group's files; None where there are none."""
        return self._folder / f"{self._stem}.lock" if self._folder and self.names() else None

    def save(self, events: Sequence[Undelivered], name: str = "") -> None:
        """Keep events, in a new file or in place of the file `name`; without events that file is removed.

        Raises:
            SpoolError: they cannot be kept; an existing file stays as it was.
        """
        if self._folder is None:
            raise SpoolError("SPLUNK_HOME is not set, so undelivered events cannot be kept")
        try:
            folder = DurableFolder(self._folder)
            if not events:
                folder.remove(name)
                return
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            content = b"".join(map(_line, events))
            if not name and self._size() + len(content) > MAX_BYTES:
                raise SpoolError(f"the spool is full ({MAX_BYTES:,} bytes)", where=str(self._folder))
            name = name or f"{self._stem}-{self._clock():.6f}-{os.getpid()}{_SUFFIX}"
            folder.replace(name, content)
            (self._folder / name).chmod(0o600)
        except OSError as error:
            raise SpoolError(
                f"undelivered events cannot be kept ({error.strerror})", where=str(self._folder)
            ) from error

    def names(self) -> list[str]:
        """Return the names of the group's files, the oldest first."""
        if self._folder is None or not self._folder.is_dir():
            return []
        return sorted(path.name for path in self._folder.glob(f"{self._stem}-*{_SUFFIX}"))

    def load(self, name: str) -> list[Undelivered]:
        """Return the events of a file; lines that are damaged are left out.

        Raises:
            SpoolError: the file cannot be read.
        """
        assert self._folder is not None  # noqa: S101 - for the type checker: `names` returned the name
        try:
            lines = (self._folder / name).read_bytes().splitlines()
        except OSError as error:
            raise SpoolError(f"kept events cannot be read ({error.strerror})", where=name) from error
        return [event for event in map(_event, lines) if event is not None]

    def _size(self) -> int:
        return sum(path.stat().st_size for path in (self._folder or Path()).glob(f"*{_SUFFIX}"))


def _line(event: Undelivered) -> bytes:
    target, notable = event
    data = {
        "index": target.index,
        "sourcetype": target.sourcetype,
        "time": notable.time,
        "source": notable.source,
        "fields": {name: list(values) for name, values in notable.fields.items()},
    }
    return json.dumps(data, separators=(",", ":")).encode("ascii") + b"\n"


def _event(line: bytes) -> Optional[Undelivered]:
    """Return the event of a line, None where the line is damaged."""
    try:
        data = json.loads(line)
        fields = {str(name): tuple(map(str, values)) for name, values in data["fields"].items()}
        target = Target(str(data["index"]), str(data["sourcetype"]), KEPT)
        return Undelivered(target, Notable(float(data["time"]), str(data["source"]), fields))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
