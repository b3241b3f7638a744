"""A folder in memory on a machine that loses power: unsynced data are kept, lost or truncated by a seeded choice."""

import random


class CrashError(Exception):
    """The power failed."""


class CrashingFolder:
    """Replaces durable_files.DurableFolder, with the same steps in `replace` and `append`.

    `durable` is the content that a crash certainly leaves. `fuse` counts steps until the power fails (None: never).
    """

    def __init__(self, seed=0):
        self.files = {}  # as processes see it: name -> bytes
        self.durable = {}  # synced contents and names
        self.fuse = None
        self._random = random.Random(seed)

    def names(self):
        return sorted(self.files)

    def read(self, name):
        return self.files.get(name)

    def replace(self, name, content):
        temporary = f"{name}.new"
        self._step(lambda: self.files.__setitem__(temporary, content))
        self._step(lambda: self.durable.__setitem__(temporary, content))
        self._step(lambda: self._move(self.files, temporary, name))
        self._step(lambda: self._move(self.durable, temporary, name))

    def append(self, name, content):
        self._step(lambda: self.files.__setitem__(name, self.files[name] + content))
        self._step(lambda: self.durable.__setitem__(name, self.files[name]))

    def rename(self, name, new):
        self._step(lambda: self._move(self.files, name, new))
        self._step(lambda: self._move(self.durable, name, new))

    def remove(self, name):
        self._step(lambda: self.files.pop(name, None))

    def restart(self):
        """Restart the machine: each file is as synced, or with a part of what was written since."""
        after = dict(self.durable)
        for name in set(self.files) | set(self.durable):
            written, synced = self.files.get(name), self.durable.get(name)
            if written == synced:
                continue
            choice = self._random.choice(["synced", "synced", "as written", "truncated"])
            if choice == "as written" and written is not None and name in self.durable:
                after[name] = written
            elif choice == "truncated" and written is not None and synced is not None and written.startswith(synced):
                cut = self._random.randint(len(synced), len(written))
                after[name] = written[:cut] + bytes(self._random.choice([0, len(written) - cut]))
            elif choice != "synced" and name.endswith(".new") and written is not None:
                after[name] = written[: self._random.randint(0, len(written))]
        self.files, self.durable, self.fuse = dict(after), dict(after), None

    def _step(self, step):
        if self.fuse is not None:
            self.fuse -= 1
            if self.fuse <= 0:
                raise CrashError
        step()

    @staticmethod
    def _move(files, name, new):
        if name in files:
            files[new] = files.pop(name)
