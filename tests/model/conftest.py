"""The tiny model, trained once a session, and a labeller of its sealed folder."""

import pytest

from loglm_bridge.model.labeller import Labeller
from tests.lab.conftest import tiny

__all__ = ["tiny"]


@pytest.fixture(scope="session")
def sealed(tiny, tmp_path_factory):
    """The tiny model's folder; tests that change it copy it first."""
    return tiny.seal(tmp_path_factory.mktemp("sealed") / "tiny")


@pytest.fixture(scope="session")
def labeller(sealed):
    """The tiny model at work."""
    return Labeller.load(sealed)
