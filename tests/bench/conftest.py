"""A setting with the shipped model and small streams, and one sidecar for all tests of the benchmark."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from loglm_bridge.bench.environment import Setting, Sidecar
from loglm_bridge.bench.workload import streams
from loglm_bridge.contract.event import Event
from loglm_bridge.demo import stage
from loglm_bridge.demo.samples import read_samples
from loglm_bridge.model.registry import Registry


@pytest.fixture(scope="session")
def base() -> list[Event]:
    """The sample events that can be read."""
    return [sample.event for sample in read_samples() if sample.kind != "broken"]


@pytest.fixture(scope="session")
def setting(base, tmp_path_factory) -> Setting:
    """Rounds of 60 events."""
    folder: Path = tmp_path_factory.mktemp("bench")
    told = (streams.repeating("samples", base), streams.distinct(), streams.flows(pairs=10))
    env = stage.environment(folder / "splunk")
    return Setting(
        folder, Registry.of_user().shipped_folder(), "", {stream.name: stream for stream in told}, 60, 2, env
    )


@pytest.fixture(scope="session")
def sidecar(setting) -> Iterator[Sidecar]:
    """One sidecar."""
    with setting.sidecar() as running:
        yield running
