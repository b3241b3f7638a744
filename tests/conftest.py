"""Fixtures of several test folders, and the selection of tests that need data from outside the checkout."""

from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parents[1]

# no deadline: on a busy machine an example takes as long as it takes
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")


#: Third-party data and recordings beside the checkout; they are not part of the repository.
SHARED = ROOT.parent / "shared"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what uses ../shared, and leave it out where that folder is absent: one line instead of a skip for each."""
    for item in items:
        if "shared" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.shared)
    if not SHARED.is_dir():
        without = [item for item in items if item.get_closest_marker("shared")]
        config.hook.pytest_deselected(items=without)
        items[:] = [item for item in items if not item.get_closest_marker("shared")]


def pytest_terminal_summary(terminalreporter) -> None:
    """Say in one line what was left out and why."""
    if not SHARED.is_dir():
        terminalreporter.write_line("not run: tests marked `shared`, which need the recordings in ../shared (absent)")


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of third-party data and recordings beside the checkout."""
    return SHARED
