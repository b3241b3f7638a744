"""Sidecar processes for the tests."""

import pytest

from tests.sidecar.process import Process, check_counters


@pytest.fixture
def start(tmp_path):
    """Return a function that starts a sidecar with flags and environment; all are stopped after the test."""
    running = []

    def begin(*flags, **environ):
        folder = tmp_path / f"sidecar{len(running)}"
        folder.mkdir()
        process = Process(folder, *flags, **environ)
        running.append(process)
        return process

    yield begin
    for process in running:
        process.close()


@pytest.fixture(scope="module")
def sidecar(tmp_path_factory):
    """One sidecar with the test double for all tests of a module that do not change its state."""
    process = Process(tmp_path_factory.mktemp("sidecar"), "--log-level", "debug", "--deadline", "2").ready()
    yield process
    check_counters(process.metrics())
    assert process.stop() == 0
    assert [r for r in process.records() if r["message"].startswith(("event loop", "internal"))] == []
    process.close()
