"""A disk in memory that loses power: what was not synced is kept, lost, or torn, as a seeded random decides."""

import random


class CrashError(Exception):
    """The process is gone."""


class CrashingFolder:
    """Stands for loglm_bridge.splunk.modinput.durable_files.Disk, with the same steps as its `replace` and `append`.

    `durable` is what a crash leaves for sure. `fuse` counts steps until the power fails (None: never).
    """

    def __init__(self, seed=0):
        self.files = {}  # what processes see: name -> bytes
        self.durable = {}  # what has been synced, contents and names
        self.fuse = None
        self._random = random.Random(seed)

    def names(self):
        return sorted(self.files)

    def read(self, name):
        return self.files.get(name)

    def replace(self, name, content):
        fresh = f"{name}.new"
        self._step(lambda: self.files.__setitem__(fresh, content))
        self._step(lambda: self.durable.__setitem__(fresh, content))
        self._step(lambda: self._move(self.files, fresh, name))
        self._step(lambda: self._move(self.durable, fresh, name))

    def append(self, name, content):
        self._step(lambda: self.files.__setitem__(name, self.files[name] + content))
        self._step(lambda: self.durable.__setitem__(name, self.files[name]))

    def rename(self, name, new):
        self._step(lambda: self._move(self.files, name, new))
        self._step(lambda: self._move(self.durable, name, new))

    def remove(self, name):
        self._step(lambda: self.files.pop(name, None))

    def restart(self):
        """The machine comes up again: each file is as synced, or with some of what was written since."""
        after = dict(self.durable)
        for name in set(self.files) | set(self.durable):
            seen, kept = self.files.get(name), self.durable.get(name)
            if seen == kept:
                continue
            choice = self._random.choice(["synced", "synced", "as seen", "torn"])
            if choice == "as seen" and seen is not None and name in self.durable:
                after[name] = seen
            elif choice == "torn" and seen is not None and kept is not None and seen.startswith(kept):
                cut = self._random.randint(len(kept), len(seen))
                after[name] = seen[:cut] + bytes(self._random.choice([0, len(seen) - cut]))
            elif choice != "synced" and name.endswith(".new") and seen is not None:
                after[name] = seen[: self._random.randint(0, len(seen))]
        self.files, self.durable, self.fuse = dict(after), dict(after), None

    def _step(self, act):
        if self.fuse is not None:
            self.fuse -= 1
            if self.fuse <= 0:
                raise CrashError
        act()

    @staticmethod
    def _move(files, name, new):
        if name in files:
            files[new] = files.pop(name)
