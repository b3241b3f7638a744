"""An environment with the shipped model and small streams, and one sidecar for all tests of the benchmark."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from loglm_bridge.bench.environment import Environment, Sidecar
from loglm_bridge.bench.workload import streams
from loglm_bridge.contract.event import Event
from loglm_bridge.demo.samples import read_samples
from loglm_bridge.harness.app_folder import process_environment
from loglm_bridge.model.registry import Registry


@pytest.fixture(scope="session")
def base() -> list[Event]:
    """The sample events that can be read."""
    return [sample.event for sample in read_samples() if sample.kind != "broken"]


@pytest.fixture(scope="session")
def environment(base, tmp_path_factory) -> Environment:
    """Rounds of 60 events."""
    folder: Path = tmp_path_factory.mktemp("bench")
    chosen = (streams.repeating("samples", base), streams.distinct(), streams.flows(pairs=10))
    env = process_environment(folder / "splunk")
    return Environment(
        folder, Registry.of_user().shipped_folder(), "", {stream.name: stream for stream in chosen}, 60, 2, env
    )


@pytest.fixture(scope="session")
def sidecar(environment) -> Iterator[Sidecar]:
    """A sidecar for all tests, so its caches are not empty."""
    with environment.sidecar() as running:
        yield running
