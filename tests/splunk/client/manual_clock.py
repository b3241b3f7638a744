"""A clock for tests that moves when the code under test sleeps."""


class ManualClock:
    """Time in seconds, which `sleep` advances. `slept` lists all calls of `sleep`."""

    def __init__(self):
        self.now = 1000.0
        self.slept = []

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds
